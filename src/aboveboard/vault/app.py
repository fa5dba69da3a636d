"""How does the vault start, and which endpoints has it?

``create_app`` makes the application over a home; ``serve`` listens until it is told to stop. Erasures that a crash
interrupted go on first.
"""

import gc
import sys
import threading
from pathlib import Path

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from aboveboard import __version__
from aboveboard.base.clock import Clock
from aboveboard.formats.segment import SEALED_LIMIT_BYTES
from aboveboard.vault import epochs, erasure, mailer, reporting, retention
from aboveboard.vault.api.access import Access
from aboveboard.vault.api.artefacts import Artefacts
from aboveboard.vault.api.concerns import Concerns
from aboveboard.vault.api.consents import Consents
from aboveboard.vault.api.control import control_stream
from aboveboard.vault.api.deciding import Deciding
from aboveboard.vault.api.disclosures import Disclosures
from aboveboard.vault.api.enrolment import Enrolment
from aboveboard.vault.api.erasures import Erasures
from aboveboard.vault.api.fleet import Fleets
from aboveboard.vault.api.intake import Intake
from aboveboard.vault.api.leases import Leases
from aboveboard.vault.api.notices import Notices
from aboveboard.vault.api.openings import Openings
from aboveboard.vault.api.passes import Passes
from aboveboard.vault.api.pauses import Pauses
from aboveboard.vault.api.requests import Requests
from aboveboard.vault.api.status import Statuses
from aboveboard.vault.control.control import Control
from aboveboard.vault.place import Vault, open_vault
from aboveboard.wire import server
from aboveboard.wire.server import exception_handlers, signature_guard

SWITCH_S = 0.00005
GARBAGE = (50_000, 50, 1_000)
"""How rarely circles of garbage are looked for: to look through ten thousand open streams takes a second, in which no
pause is told. Hardly anything here is in a circle."""

CONTROLLERS = (
    Statuses,
    Disclosures,
    Enrolment,
    Consents,
    Leases,
    Pauses,
    Intake,
    Requests,
    Access,
    Deciding,
    Openings,
    Artefacts,
    Erasures,
    Fleets,
    Passes,
    Concerns,
    Notices,
)


def create_app(home: Path, *, clock: Clock | None = None) -> Litestar:
    """The vault in ``home`` as an ASGI application; raises as :func:`~aboveboard.vault.place.open_vault` does."""
    return app_of(open_vault(home, clock=clock))


def app_of(vault: Vault) -> Litestar:
    """The application over an opened vault; it is closed when the application shuts down."""
    control = Control(vault)
    app = Litestar(
        route_handlers=[*CONTROLLERS, control_stream],
        dependencies={
            "vault": Provide(lambda: vault, sync_to_thread=False),
            "control": Provide(lambda: control, sync_to_thread=False),
        },
        middleware=[signature_guard(now_ns=vault.clock.wall_ns)],
        exception_handlers=exception_handlers,
        on_startup=[control.start],
        on_shutdown=[control.stop, vault.close],
        logging_config=None,
        request_max_body_size=SEALED_LIMIT_BYTES,  # the guard in front holds each endpoint to its own, smaller limit
        openapi_config=OpenAPIConfig(
            title="Aboveboard vault",
            version=__version__,
            description="Every request but /v1/health, /v1/public and this description is signed: docs/spec/http.md.",
            path="/schema",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            openapi_router=Router(path="/schema", route_handlers=[], opt={"open": True}),
        ),
    )
    app.state.vault = vault
    return app


def serve(home: Path, port: int = 0) -> None:
    """Listen on loopback until SIGTERM or SIGINT; ``port`` 0 takes a free one. See ``wire.server.serve``."""
    vault = open_vault(home)
    # Whoever waits for a database gives way at each row; where leases are renewed all the time, turns must be short.
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*GARBAGE)
    stop = threading.Event()
    try:
        # In the background: a keyholder that is away must not keep the vault from answering.
        threading.Thread(target=erasure.keep_going, args=(vault, stop), name="erasures", daemon=True).start()
        threading.Thread(target=retention.keep_looking, args=(vault, stop), name="retention", daemon=True).start()
        if vault.config.mail is not None:
            threading.Thread(target=mailer.run, args=(vault, stop), name="mailer", daemon=True).start()
        threading.Thread(target=reporting.keep_looking, args=(vault, stop), name="fleet", daemon=True).start()
        threading.Thread(target=epochs.keep_looking, args=(vault, stop), name="epochs", daemon=True).start()
        server.serve(
            app_of(vault), home=home, port=port, name="vault", public_url=vault.config.public_url, websockets=True
        )
    finally:
        stop.set()
        vault.close()
