"""Is a hidden prompt found in the terminals of a process, whichever way it asks? With real terminals and programs."""

import os
import pty
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from aboveboard.recorder.capture.terminals import TerminalWatch
from aboveboard.recorder.redact.prompts import Prompt, judge_look
from aboveboard.stage.processes import program
from samples.x_windows import until

SHELL = ["bash", "--norc", "--noprofile", "-i"]


class Emulator:
    """What a terminal emulator does: ``argv`` on a terminal of its own, whose other side is kept empty."""

    def __init__(self, *argv: str) -> None:
        self.side, slave = pty.openpty()
        self.name = os.ttyname(slave)
        environment = {**os.environ, "TERM": "xterm", "HISTFILE": ""}
        set_terminal = (
            "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(*eval(sys.argv[1]))"
        )
        command = [program("python3", "python3"), "-c", set_terminal, repr((argv[0], list(argv)))]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.shown = b""
        self._drains = Thread(target=self._drain, daemon=True)
        self._drains.start()

    def _drain(self) -> None:
        while True:
            try:
                self.shown += os.read(self.side, 4096)
            except OSError:
                return

    def type(self, text: str) -> None:
        os.write(self.side, text.encode())

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        # Before it has ended its number must not be free: it would read what the next terminal under it shows.
        self._drains.join(20)
        assert not self._drains.is_alive(), "somebody still has the terminal"
        os.close(self.side)


@contextmanager
def running(*argv: str) -> Iterator[Emulator]:
    emulator = Emulator(*argv)
    try:
        yield emulator
    finally:
        emulator.close()


class Looking:
    """Looks at the terminals of this very process."""

    def __init__(self) -> None:
        self._watch = TerminalWatch()

    def found(self, wm_class: str = "Gnome-terminal") -> Prompt:
        return judge_look(wm_class, self._watch.look(os.getpid()))

    def finds(self, prompt: Prompt, what: str) -> None:
        until(lambda: self.found() is prompt, f"{prompt} for {what}", limit_s=20)


@pytest.fixture
def looking() -> Looking:
    return Looking()


def test_a_shell_that_asks_without_showing(looking: Looking) -> None:
    with running(*SHELL) as shell:
        looking.finds(Prompt.OPEN, "a shell that waits for a command")
        shell.type("read -s word; echo done-$((1+1)); cat\n")
        looking.finds(Prompt.HIDDEN, "read -s")
        shell.type("unseen\n")
        until(lambda: b"done-2" in shell.shown, "it goes on", limit_s=20)
        looking.finds(Prompt.OPEN, "a program that reads lines and shows them")
    looking.finds(Prompt.UNKNOWN, "no terminal any more")
    assert looking.found("Editor") is Prompt.NONE


def test_one_hidden_prompt_among_several_terminals_is_enough(looking: Looking) -> None:
    with running(*SHELL), running(*SHELL) as asked, running("cat"):
        looking.finds(Prompt.OPEN, "three terminals")
        asked.type("read -s word\n")
        looking.finds(Prompt.HIDDEN, "one of three")
        assert looking.found("Editor") is Prompt.HIDDEN


def test_a_program_that_takes_letter_by_letter_is_no_prompt(looking: Looking) -> None:
    with running(program("less", "less"), "/etc/services") as pager:
        until(lambda: b"Network" in pager.shown, "the pager shows", limit_s=20)
        for _ in range(5):
            assert looking.found() is Prompt.OPEN


def test_a_terminal_inside_a_terminal(looking: Looking) -> None:
    with running(program("script", "bsdutils"), "-q", "/dev/null", "-c", "bash --norc --noprofile -i") as outer:
        looking.finds(Prompt.OPEN, "a shell inside")
        outer.type("read -s word\n")
        looking.finds(Prompt.HIDDEN, "a prompt inside")


def test_a_prompt_in_a_pane_of_a_multiplexer(looking: Looking, tmp_path: Path) -> None:
    socket = str(tmp_path / "panes")
    tmux = [program("tmux", "tmux"), "-f", "/dev/null", "-S", socket]
    try:
        with running(*tmux, "new-session", *SHELL) as client:
            until(lambda: b"$" in client.shown or b"#" in client.shown, "the pane shows", limit_s=20)
            assert looking.found() is not Prompt.UNKNOWN
            client.type("read -s word\n")
            looking.finds(Prompt.HIDDEN, "a prompt in the pane")
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)


def test_pinentry_on_somebody_elses_terminal(looking: Looking) -> None:
    """GnuPG's agent starts it, apart from the terminal that it asks on; it draws stars, and has all keys for itself."""
    with running("cat") as terminal:
        looking.finds(Prompt.OPEN, "cat")
        asker = subprocess.Popen(
            [program("pinentry-curses", "pinentry-curses"), "--ttyname", terminal.name, "--ttytype", "xterm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            assert asker.stdin is not None
            asker.stdin.write(b"SETDESC A test asks\nGETPIN\n")
            asker.stdin.flush()
            until(lambda: b"test asks" in terminal.shown, "it asks", limit_s=20)
            looking.finds(Prompt.HIDDEN, "pinentry")
        finally:
            asker.kill()
            asker.wait()


def test_keys_that_go_to_another_machine_are_not_known(looking: Looking, tmp_path: Path) -> None:
    """A program of this name that sets the terminal as ssh does once it is connected."""
    relay = tmp_path / "ssh"
    relay.write_bytes(Path(program("python3", "python3")).resolve().read_bytes())
    relay.chmod(0o700)
    body = "import time, tty; tty.setraw(0); time.sleep(60)"
    with running(str(relay), "-S", "-c", body):
        looking.finds(Prompt.UNKNOWN, "a raw terminal with ssh in front")


def test_a_terminal_that_cannot_be_read_is_not_known(looking: Looking, tmp_path: Path) -> None:
    with running(*SHELL):
        looking.finds(Prompt.OPEN, "a shell")
        assert judge_look("XTerm", TerminalWatch(pts=tmp_path).look(os.getpid())) is Prompt.UNKNOWN
        assert judge_look("XTerm", TerminalWatch(proc=tmp_path).look(os.getpid())) is Prompt.UNKNOWN
        assert TerminalWatch(proc=tmp_path / "none").look(os.getpid()) is None


def test_the_terminal_that_a_program_was_started_from_is_not_its_own() -> None:
    """As an editor or a browser that somebody starts from a shell: its children have the shell's terminal too."""
    watch = TerminalWatch()
    with running("bash", "--norc", "--noprofile", "-c", "sleep 60 & sleep 60 & wait") as shell:

        def children() -> list[int]:
            path = Path(f"/proc/{shell.process.pid}/task/{shell.process.pid}/children")
            return [int(pid) for pid in path.read_text(encoding="ascii").split()]

        until(lambda: len(children()) == 2, "the shell's children", limit_s=20)
        seen = watch.look(shell.process.pid)
        assert seen is not None
        assert seen.found == ()


def test_a_look_costs_little() -> None:
    watch = TerminalWatch()
    with running(*SHELL):
        for _ in range(3):
            watch.look(os.getpid())
        begun_s = time.process_time()
        for _ in range(20):
            watch.look(os.getpid())
        assert (time.process_time() - begun_s) / 20 < 0.02
