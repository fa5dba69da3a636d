"""Real stores for wrapped keys: a hardware security module in software (SoftHSM), and an OpenBao server on loopback."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hvac
import requests

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "24681357"
POLICY = 'path "transit/*" { capabilities = ["create", "read", "update", "delete", "list"] }'
BAO = Path(sys.executable).parent / "bao"
LIMIT_S = 60


def softhsm(folder: Path, token: str) -> None:
    """Make a token in ``folder``; the environment names it from then on, for a library that is not loaded yet."""
    (folder / "tokens").mkdir(parents=True)
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(config)
    command = ["softhsm2-util", "--init-token", "--free", "--label", token, "--pin", PIN, "--so-pin", PIN]
    subprocess.run(command, check=True, capture_output=True, timeout=LIMIT_S)


@dataclass
class OpenBao:
    """A running server, unsealed. ``root`` is a client with its root token; ``unseal_key`` opens it again."""

    url: str
    root: Any
    unseal_key: str
    process: "subprocess.Popen[bytes]"

    def token(self, path: Path, *, ttl: str = "1h") -> Path:
        """Write a fresh token that may use the transit engine and nothing else into ``path``."""
        made = self.root.auth.token.create(policies=["keyholder"], ttl=ttl, renewable=True)["auth"]["client_token"]
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(f"{made}\n")
        return path

    def seal(self) -> None:
        self.root.sys.seal()

    def unseal(self) -> None:
        self.root.sys.submit_unseal_key(self.unseal_key)
        _until(lambda: not self.root.sys.is_sealed())


@contextmanager
def openbao(folder: Path) -> Iterator[OpenBao]:
    """Start a server that keeps everything in memory; stop it by its process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "server.hcl"
    config.write_text(
        f'storage "inmem" {{}}\ndisable_mlock = true\napi_addr = "http://127.0.0.1:{port}"\n'
        f'listener "tcp" {{\n  address = "127.0.0.1:{port}"\n  tls_disable = true\n}}\n'
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(BAO), "server", "-config", str(config)], stdout=log, stderr=log)
    try:
        session = requests.Session()
        session.trust_env = False
        root: Any = hvac.Client(url=f"http://127.0.0.1:{port}", session=session, timeout=30)
        _until(lambda: _answers(root, process))
        made = root.sys.initialize(1, 1)
        root.token = made["root_token"]
        server = OpenBao(root.url, root, made["keys"][0], process)
        server.unseal()
        root.sys.enable_secrets_engine("transit")
        root.sys.create_or_update_policy("keyholder", POLICY)
        yield server
    finally:
        process.terminate()
        process.wait(LIMIT_S)


def _answers(root: Any, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "the server ended by itself"
    try:
        return root.sys.is_initialized() is False
    except requests.RequestException:
        return False


def _until(condition: Any) -> None:
    end_s = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end_s, "never happened"
        time.sleep(0.02)
