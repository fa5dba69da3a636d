"""How is a page served to the one person who started it, until Ctrl-C?

On loopback, behind ``wire.page_guard``; the address is printed once it answers, with the token that opens it.
"""

import threading
import time
import webbrowser
from pathlib import Path

import msgspec

from aboveboard.commands.home import Address
from aboveboard.commands.main import Session
from aboveboard.wire.page_guard import GuardedApp
from aboveboard.wire.server import serve


def serve_to_one(
    session: Session,
    app: GuardedApp,
    token: str,
    folder: Path,
    *,
    name: str,
    words: str,
    port: int,
    browser: bool,
    at: str | None = None,
) -> None:
    """Serve ``app`` until it is stopped. ``words`` say whose page it is; ``at`` is the part to begin with.

    ``folder`` is where ``address.json`` lies meanwhile, without the token. ``browser`` opens it there, too.
    """
    (folder / "address.json").unlink(missing_ok=True)

    def tell() -> None:
        while True:
            try:
                address = msgspec.json.decode((folder / "address.json").read_bytes(), type=Address)
                break
            except (OSError, msgspec.DecodeError):
                time.sleep(0.02)
        url = f"{address.url}/#token={token}{f'&at={at}' if at else ''}"
        session.show(f"{words}: {url}\n(only with this address; Ctrl-C stops it)", {"url": url})
        if browser:
            webbrowser.open(url)

    threading.Thread(target=tell, daemon=True).start()
    serve(app, home=folder, port=port, name=name)
