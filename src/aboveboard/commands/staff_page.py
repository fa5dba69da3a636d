"""How is the staff's page served to one member of staff, on their own machine?"""

from typing import cast

from aboveboard.commands.main import Session
from aboveboard.commands.reach import Reach
from aboveboard.commands.served_page import serve_to_one
from aboveboard.formats.roster import Role
from aboveboard.steward.access import Member
from aboveboard.steward.app import create_app
from aboveboard.steward.deciding import Acting
from aboveboard.steward.desk import Desk
from aboveboard.wire.page_guard import new_token


def serve_page(session: Session, name: str, *, at: str | None, port: int, browser: bool) -> None:
    """Serve the page to ``name`` until Ctrl-C, beginning with the part ``at`` or the first; print its address."""
    home = session.home
    card, key, folder = home.staff_card(name), home.staff_key(name), home.staff_folder(name)
    token = new_token()
    vault = Reach(home, name)
    member = Member(card.staff_id, name, cast(Role, card.role), key, lambda: home.staff_identity(name).recipient)
    fleet = Desk(vault.client, key, name) if card.role == "steward" else None
    access = Acting(vault.client, member, keyholder=Reach(home, name, "keyholder").client)
    app = create_app(fleet, token, access=access)
    words = f"the staff's page, as {name}"
    serve_to_one(session, app, token, folder, name="staff's page", words=words, port=port, browser=browser, at=at)
