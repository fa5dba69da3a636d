"""Which programs are terminals, and which of those that run in one hide what is typed in ways of their own?

Lists of names, compared with what the display and the kernel tell: the class part of a window's ``WM_CLASS`` without
regard to case, and the name of a process, which the kernel cuts after 15 bytes.
"""

PLAIN = frozenset({"alacritty", "kitty", "rxvt", "st", "st-256color", "urxvt", "uxterm", "xterm"})
"""Terminals with nothing to type into but the terminal: no search field, no settings, no dialogue of their own."""

PLAIN_PROGRAMS = frozenset({"alacritty", "kitty", "rxvt", "st", "urxvt", "urxvtd", "xterm"})
"""The processes that their windows are of. A window of class ``XTerm`` whose process is another is not believed."""

TERMINALS = PLAIN | {
    "blackbox", "cmd.exe", "com.apple.terminal", "com.gexperts.tilix", "com.googlecode.iterm2", "com.mitchellh.ghostty",
    "com.raggesilver.blackbox", "conhost.exe", "contour", "cool-retro-term", "deepin-terminal", "eterm", "foot",
    "gnome-console", "gnome-terminal", "gnome-terminal-server", "guake", "hyper", "io.elementary.terminal", "kgx",
    "konsole", "lxterminal", "mate-terminal", "mintty.exe", "mlterm", "openconsole.exe", "org.codeberg.dnkl.foot",
    "org.gnome.console", "org.gnome.ptyxis", "org.gnome.terminal", "org.kde.konsole", "org.wezfurlong.wezterm",
    "pantheon-terminal", "powershell.exe", "ptyxis", "putty.exe", "pwsh.exe", "qterminal", "rio", "roxterm", "sakura",
    "tabby", "terminal", "terminator", "terminology", "termite", "tilda", "tilix", "urxvtc", "warp", "wezterm",
    "wezterm-gui", "wezterm-gui.exe", "windowsterminal.exe", "x-terminal-emulator", "xfce4-terminal", "xiterm",
    "yakuake",
}  # fmt: skip
"""Windows that are nothing without what runs in them: one whose terminal cannot be found is not to be trusted."""

MULTIPLEXERS = frozenset({"abduco", "dtach", "screen", "tmux", "tmux: client", "zellij"})
"""They pass the keys on to terminals of another process: any of the person's may be the one that is shown."""

ELSEWHERE = frozenset(
    {
        "adb", "autossh", "cu", "docker", "et", "flatpak-spawn", "incus", "kubectl", "lxc", "lxc-attach", "machinectl",
        "minicom", "mosh-client", "multipass", "nerdctl", "oc", "picocom", "plink", "podman", "rlogin", "rsh", "run0",
        "session-manager", "ssh", "sshpass", "sudo", "sudo-rs", "systemd-nspawn", "systemd-run", "telnet", "tio",
        "virsh",
    }
)  # fmt: skip
"""They pass the keys on, letter by letter, to where it cannot be seen whether they are shown."""

ASK_IN_STARS = frozenset(
    {
        "bw", "dialog", "nmtui", "nmtui-connect", "nmtui-edit", "op", "systemd-ask-pas", "systemd-tty-ask", "whiptail",
    }
)  # fmt: skip
"""They take letter by letter what is secret, and draw what they like for it."""

STARS_WITH_SIGNALS = frozenset({"sudo", "sudo-rs"})
"""They do so while Ctrl-C still reaches them, and otherwise only pass keys on."""

PINENTRY = "pinentry"
"""How the names of the programs begin that ask for GnuPG, on a terminal of somebody else."""


def is_terminal(wm_class: str) -> bool:
    """Is a window of this class a terminal?"""
    return wm_class.strip().casefold() in TERMINALS


def is_plain(wm_class: str, program: str) -> bool:
    """Is a window of this class, of a process with this name, a terminal and nothing else?"""
    return wm_class.strip().casefold() in PLAIN and program in PLAIN_PROGRAMS
