"""How is the staff's page served to one member of staff, on their own machine?"""

import threading
import time
import webbrowser
from typing import cast

import msgspec

from aboveboard.commands.home import Address
from aboveboard.commands.main import Session
from aboveboard.commands.reach import Reach
from aboveboard.formats.roster import Role
from aboveboard.steward.access import Member
from aboveboard.steward.app import create_app
from aboveboard.steward.deciding import Acting
from aboveboard.steward.desk import Desk
from aboveboard.wire.page_guard import new_token
from aboveboard.wire.server import serve


def serve_page(session: Session, name: str, *, at: str | None, port: int, browser: bool) -> None:
    """Serve the page to ``name`` until Ctrl-C, beginning with the part ``at`` or the first; print its address."""
    home = session.home
    card, key, folder = home.staff_card(name), home.staff_key(name), home.staff_folder(name)
    (folder / "address.json").unlink(missing_ok=True)
    token = new_token()
    vault = Reach(home, name)
    member = Member(card.staff_id, name, cast(Role, card.role), key, lambda: home.staff_identity(name).recipient)
    fleet = Desk(vault.client, key, name) if card.role == "steward" else None
    access = Acting(vault.client, member, keyholder=Reach(home, name, "keyholder").client)
    app = create_app(fleet, token, access=access)

    def tell() -> None:
        while True:
            try:
                address = msgspec.json.decode((folder / "address.json").read_bytes(), type=Address)
                break
            except (OSError, msgspec.DecodeError):
                time.sleep(0.02)
        url = f"{address.url}/#token={token}{f'&at={at}' if at else ''}"
        session.show(f"the staff's page, as {name}: {url}\n(only with this address; Ctrl-C stops it)", {"url": url})
        if browser:
            webbrowser.open(url)

    threading.Thread(target=tell, daemon=True).start()
    serve(app, home=folder, port=port, name="staff's page")
