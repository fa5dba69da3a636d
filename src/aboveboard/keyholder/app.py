"""What does the keyholder answer over HTTP?

Every request is signed with the caller's own key (``docs/spec/http.md``), but for what is open to all: health, the
public keys, and the log itself (C2SP tlog-tiles under ``/ledger``). What a key may do is decided by what it asks for.
"""

from pathlib import Path
from typing import Annotated, Any

from litestar import Litestar, Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.exceptions import ValidationException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import QueryParameter

from aboveboard import __version__
from aboveboard.base.clock import Clock, SystemClock
from aboveboard.base.errors import BadInput, NotFound
from aboveboard.base.ids import BODY_PATTERN, Kind
from aboveboard.formats.alarm import Alarms
from aboveboard.formats.custody import (
    GRANTS_AT_ONCE,
    ConsentFiling,
    EpochsEnded,
    ErasureOrders,
    KeyRequest,
    KeysErased,
    Openings,
    PartErasure,
    PublicKeys,
)
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.grant import Grant, GrantKept
from aboveboard.formats.passes import PassKeyRequest
from aboveboard.formats.rekey import RekeyAnswer, RekeyRequest
from aboveboard.formats.release import LIMIT_BYTES as RELEASE_LIMIT_BYTES
from aboveboard.formats.release import ReleaseAnswer, ReleaseRequest
from aboveboard.formats.rotation import Rotated, Rotation
from aboveboard.keyholder import custody, endings, filing, orders, pass_key, publish, standing
from aboveboard.keyholder import openings as opening_list
from aboveboard.keyholder import rekey as rekey_steps
from aboveboard.keyholder import release as release_steps
from aboveboard.keyholder.desk import Desk
from aboveboard.keyholder.home import KeyholderHome
from aboveboard.keyholder.stamps import stamping
from aboveboard.keyholder.start import open_desk
from aboveboard.keyholder.watch import watching
from aboveboard.ledger.tree import SIZE_LIMIT
from aboveboard.wire.problem import MEDIA_TYPE, STATUS_OF, Problem
from aboveboard.wire.server import exception_handlers, problem, signature_guard, signed_by
from aboveboard.wire.server import serve as serve_app

OPEN = {"open": True}
GRANT_ID = f"{Kind.GRANT}_{BODY_PATTERN}"
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
Ask = Request[Any, Any, State]
FromIndex = Annotated[int, QueryParameter(ge=0, le=SIZE_LIMIT)]
OfSize = Annotated[int | None, QueryParameter(ge=1, le=SIZE_LIMIT)]
GrantIds = Annotated[
    str, QueryParameter(pattern=f"^{GRANT_ID}(,{GRANT_ID}){{0,{GRANTS_AT_ONCE - 1}}}$", max_length=2000)
]
PROBLEMS: dict[int, ResponseSpec] = {
    status: ResponseSpec(
        Problem, generate_examples=False, description="A problem document (RFC 9457).", media_type=MEDIA_TYPE
    )
    for status in sorted(set(STATUS_OF.values()))
}
"""What every endpoint may answer beside its success."""


def create_app(desk: Desk) -> Litestar:
    """The application over an opened desk. Whoever serves it puts its addresses into ``app.state.origins``."""
    return Litestar(
        [*_open_routes(desk), *_vault_routes(desk), *_anybodys_routes(desk)],
        middleware=[signature_guard(now_ns=desk.clock.wall_ns)],
        exception_handlers={**exception_handlers, ValidationException: _malformed, RecursionError: _too_deep},
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="Aboveboard keyholder",
            version=__version__,
            description="Every request but those for what is public is signed: docs/spec/http.md.",
            path="/schema",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            openapi_router=Router(path="/schema", route_handlers=[], opt=OPEN),
        ),
        request_max_body_size=RELEASE_LIMIT_BYTES,
    )


def serve(home: Path, port: int, *, clock: Clock | None = None) -> None:
    """Run the keyholder in ``home`` on loopback until SIGTERM; raises what :func:`open_desk` and the server raise."""
    desk = open_desk(KeyholderHome(home), clock or SystemClock())
    try:
        publish.try_to_publish(desk)
        with watching(desk), stamping(desk):
            serve_app(create_app(desk), home=home, port=port, name="keyholder")
    finally:
        desk.close()


def _open_routes(desk: Desk) -> list[Any]:
    @get("/v1/health", responses=PROBLEMS, opt=OPEN, sync_to_thread=False)
    def health() -> dict[str, str]:
        """That this process answers."""
        return {"status": "ok"}

    @get("/v1/public", responses=PROBLEMS, opt=OPEN, sync_to_thread=False)
    def public() -> PublicKeys:
        """The keys with which this keyholder, its log and its witnesses sign."""
        return desk.public()

    @get("/ledger/checkpoint", responses=PROBLEMS, opt=OPEN, sync_to_thread=True, media_type="text/plain")
    def checkpoint() -> Response[bytes]:
        """The newest checkpoint that every witness has co-signed."""
        published = desk.entries.kept("published")
        if published is None:
            raise NotFound(
                "nothing was published yet",
                cause="the log is empty, or no witness has co-signed it so far",
                fix="start the witness; the checkpoint comes with the next entry",
            )
        headers = {"Cache-Control": "no-store"}
        return Response(published.note.encode(), media_type="text/plain", headers=headers)

    @get(
        "/ledger/tile/{tile:path}",
        responses=PROBLEMS,
        opt=OPEN,
        sync_to_thread=True,
        media_type="application/octet-stream",
    )
    def tile(tile: str) -> Response[bytes]:
        """A tile of the published log, or under ``entries/`` a bundle of its leaves."""
        published = desk.entries.kept("published")
        data = desk.entries.tile(tile.removeprefix("/"), published.size if published is not None else 0)
        return Response(data, media_type="application/octet-stream", headers=IMMUTABLE)

    return [health, public, checkpoint, tile]


def _vault_routes(desk: Desk) -> list[Any]:
    @post("/v1/keys", responses=PROBLEMS, status_code=200, sync_to_thread=True)
    def keys(request: Ask, data: KeyRequest) -> Envelope:
        """Make a person's key if there is none, and vouch for it. For the vault."""
        return custody.create_key(desk, signed_by(request), data)

    @post("/v1/consents", responses=PROBLEMS, status_code=200, sync_to_thread=True)
    def consents(request: Ask, data: ConsentFiling) -> dict[str, str]:
        """File a consent with its disclosure. For the vault."""
        custody.file_consent(desk, signed_by(request), data)
        return {}

    @post("/v1/disclosures", responses=PROBLEMS, status_code=200, sync_to_thread=True)
    def disclosures(request: Ask, data: Envelope) -> dict[str, str]:
        """File the disclosure that is published next. For the vault."""
        custody.file_disclosure(desk, signed_by(request), data)
        return {}

    @post("/v1/pass-keys", responses=PROBLEMS, status_code=200, sync_to_thread=True)
    def pass_keys(request: Ask, data: PassKeyRequest) -> Envelope:
        """Vouch for the one key under which the vault's passes hold. For the vault."""
        return pass_key.vouch(desk, signed_by(request), data)

    @post(
        "/v1/releases",
        responses=PROBLEMS,
        status_code=200,
        sync_to_thread=True,
        opt={"body_limit": RELEASE_LIMIT_BYTES},
    )
    def releases(request: Ask, data: ReleaseRequest) -> ReleaseAnswer:
        """Re-seal segment keys under a grant, after entering each in the ledger. For the vault."""
        return release_steps.release(desk, signed_by(request), data)

    @post(
        "/v1/rekeys",
        responses=PROBLEMS,
        status_code=200,
        sync_to_thread=True,
        opt={"body_limit": RELEASE_LIMIT_BYTES},
    )
    def rekeys(request: Ask, data: RekeyRequest) -> RekeyAnswer:
        """Move segments of a person to that person's newest key, so that an older one can end. For the vault."""
        return rekey_steps.rekey(desk, signed_by(request), data)

    @post(
        "/v1/erasures/parts",
        responses=PROBLEMS,
        status_code=200,
        sync_to_thread=True,
        opt={"body_limit": RELEASE_LIMIT_BYTES},
    )
    def parts(request: Ask, data: PartErasure) -> EpochsEnded:
        """End the keys of the epochs that an order to erase a part ends. For the vault, with whoever's order it is."""
        return endings.end_part(desk, signed_by(request), data)

    @get("/v1/erasures", responses=PROBLEMS, sync_to_thread=True)
    def orders_given(request: Ask, after: Annotated[int, QueryParameter(ge=0, le=2**62)] = 0) -> ErasureOrders:
        """What people and stewards have ordered to be erased, from number ``after`` on. For the vault."""
        return orders.given(desk, signed_by(request), after=after)

    return [parts, orders_given, keys, consents, disclosures, pass_keys, releases, rekeys]


def _anybodys_routes(desk: Desk) -> list[Any]:
    @post("/v1/revocations", responses=PROBLEMS, status_code=200, sync_to_thread=True)
    def revocations(request: Ask, data: Envelope) -> dict[str, str]:
        """End a grant. Whoever carries it: the signature on the revocation counts."""
        signed_by(request)
        endings.revoke(desk, data)
        return {}

    @post("/v1/erasures", responses=PROBLEMS, status_code=200, sync_to_thread=True)
    def erasures(request: Ask, data: Envelope) -> KeysErased:
        """Destroy a person's keys. Whoever carries it: the signature on the order counts."""
        signed_by(request)
        return endings.erase(desk, data)

    @post("/v1/rotations", responses=PROBLEMS, status_code=200, sync_to_thread=True)
    def rotations(request: Ask, data: Rotation) -> Rotated:
        """Give people newer keys now. For the operator, who signs with the keyholder's own key."""
        return custody.rotate(desk, signed_by(request), data)

    @get("/v1/openings", responses=PROBLEMS, sync_to_thread=True)
    def openings(request: Ask, start: FromIndex = 0, size: OfSize = None) -> Openings:
        """Every release of the asking person's keys, with proofs; a page of them, and where the next one starts."""
        return opening_list.openings(desk, signed_by(request), start=start, size=size)

    @get("/v1/openings/grants", responses=PROBLEMS, sync_to_thread=True)
    def grant_ends(request: Ask, ids: GrantIds, size: OfSize = None) -> Openings:
        """What became of these grants (ids, with commas between): ended before its time, reviewed; with proofs."""
        return opening_list.grant_ends(desk, signed_by(request), ids.split(","), size=size)

    @post("/v1/grants", responses=PROBLEMS, status_code=200, sync_to_thread=True)
    def grants(request: Ask, data: Grant) -> GrantKept:
        """Keep a grant as it was granted. Whoever carries it: the signatures in it count."""
        signed_by(request)
        return GrantKept(notice=filing.file_grant(desk, data))

    @post("/v1/reviews", responses=PROBLEMS, status_code=200, sync_to_thread=True)
    def reviews(request: Ask, data: Envelope) -> dict[str, str]:
        """Keep what an approver finds of an emergency. Whoever carries it: the signature counts."""
        signed_by(request)
        filing.review(desk, data)
        return {}

    @post("/v1/standings", responses=PROBLEMS, status_code=200, sync_to_thread=True)
    def standings(request: Ask, data: Envelope) -> Envelope:
        """Does a grant still hold? Whoever carries the question: its requester has signed it."""
        signed_by(request)
        return standing.answer(desk, data)

    @get("/v1/alarms", responses=PROBLEMS, sync_to_thread=True)
    def alarms(request: Ask) -> Alarms:
        """What the asking person must hear of; everything, for approvers and stewards."""
        return standing.alarms(desk, signed_by(request))

    @get("/v1/endings", responses=PROBLEMS, sync_to_thread=True)
    def ended(request: Ask) -> Openings:
        """Every end of the asking person's keys, with proofs."""
        return endings.of_person(desk, signed_by(request))

    return [ended, revocations, erasures, rotations, openings, grant_ends, grants, reviews, standings, alarms]


def _malformed(request: Ask, error: ValidationException) -> Response[Any]:
    """Say which field is wrong, as the formats do."""
    found = error.extra if isinstance(error.extra, list) else []
    words = "; ".join(str(each.get("message", ""))[:300] for each in found if isinstance(each, dict))
    return problem(request, _unreadable(words or error.detail))


def _too_deep(request: Ask, _: RecursionError) -> Response[Any]:
    return problem(request, _unreadable("it is nested too deeply"))


def _unreadable(why: str) -> BadInput:
    return BadInput(
        f"this request cannot be read: {why}",
        cause="it was cut short, changed on the way, or written by another version",
        fix="nothing was done; see docs/spec/release.md, or update Aboveboard",
    )
