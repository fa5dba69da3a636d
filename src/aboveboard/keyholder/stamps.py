"""Since when does this history exist, by somebody else's clock?

Optional: where ``time-authority.json`` (``{"url", "every_minutes"}``) and ``time-authority.pem`` (its root
certificates) lie in the keyholder's folder, the newest published checkpoint is stamped now and then (RFC 3161). A stamp
is verified before it is kept, as ``stamps/<size>.note`` and ``stamps/<size>.tsr``. No release ever waits for it.
"""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import httpx
from msgspec import Meta

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, BadInput, SetupMissing, Unavailable
from aboveboard.formats.fields import Document, decode_json
from aboveboard.keyholder.desk import Desk
from aboveboard.ledger import outside_time

log = logging.getLogger("aboveboard.keyholder")

TIMEOUT_S = 10.0
AGAIN_AFTER_S = 300.0
APART_S = 60
"""If the authority's time differs by more than this from ours, that is said in the log."""
SMALL_BYTES = 64 * 1024


class TimeAuthority(Document, frozen=True):
    """Where it answers, and how often it is asked."""

    url: Annotated[str, Meta(pattern="^https?://", max_length=500)]
    every_minutes: Annotated[int, Meta(ge=1, le=10_080)] = 60


def authority(home: Path) -> TimeAuthority | None:
    """The configured authority; ``None``: there is none. Raises :class:`SetupMissing` if it cannot be used."""
    path = home / "time-authority.json"
    if not path.exists():
        return None
    try:
        found = decode_json(path.read_bytes(), TimeAuthority, name=path.name, limit_bytes=SMALL_BYTES)
    except BadInput as error:
        raise SetupMissing(error.what, cause=error.cause, fix=f"correct {path}") from error
    if not (home / "time-authority.pem").exists():
        raise SetupMissing(
            f"{home / 'time-authority.pem'} is missing",
            cause="a stamp that nobody can check proves nothing",
            fix="put the authority's root certificates there",
        )
    return found


def stamp(desk: Desk, asked: TimeAuthority) -> Path | None:
    """Have the newest published checkpoint stamped and keep it; ``None`` if it has a stamp, or nothing is published.

    Raises :class:`Unavailable` if the authority does not answer, :class:`Tampered` or :class:`BadInput` if its answer
    does not hold.
    """
    published = desk.entries.kept("published")
    folder = desk.home.path / "stamps"
    if published is None or (folder / f"{published.size}.tsr").exists():
        return None
    question = outside_time.ask(published.note)
    answer = _answer(asked.url, question.body)
    roots = (desk.home.path / "time-authority.pem").read_bytes()
    stamped_at = outside_time.check(answer, published.note, roots, nonce=question.nonce)
    _compare(stamped_at, desk.clock.wall_ns() / SECOND_NS)
    folder.mkdir(mode=0o700, exist_ok=True)
    _keep(folder / f"{published.size}.note", published.note.encode())
    _keep(folder / f"{published.size}.tsr", answer)
    return folder / f"{published.size}.tsr"


@contextmanager
def stamping(desk: Desk) -> Iterator[None]:
    """Stamp from a thread of its own until the end of the block, where an authority is configured."""
    asked = authority(desk.home.path)
    if asked is None:
        yield
        return
    ending = threading.Event()

    def go_on() -> None:
        pause_s = 0.0
        while not ending.wait(pause_s):
            pause_s = asked.every_minutes * 60.0
            try:
                stamp(desk, asked)
            except AboveboardError as error:
                log.warning("the newest checkpoint has no stamp yet: %s", error.what)
                pause_s = min(pause_s, AGAIN_AFTER_S)

    thread = threading.Thread(target=go_on, name="time stamps", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(TIMEOUT_S)


def _answer(url: str, body: bytes) -> bytes:
    received = bytearray()
    headers = {"Content-Type": outside_time.QUERY_TYPE}
    try:
        with httpx.stream("POST", url, content=body, headers=headers, timeout=TIMEOUT_S, trust_env=False) as answer:
            for chunk in answer.iter_bytes():
                received += chunk
                if len(received) > outside_time.ANSWER_LIMIT_BYTES:
                    raise BadInput(
                        "the time authority's answer is too long", cause="it is something else", fix="check the address"
                    )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(
            f"the time authority does not answer: {type(error).__name__}",
            cause="it is down, or the network is",
            fix="nothing: it is asked again",
        ) from error
    if answer.status_code != 200:
        raise Unavailable(
            f"the time authority answered with status {answer.status_code}", cause="it is down", fix="check its address"
        )
    return bytes(received)


def _compare(stamped_at: datetime, now_s: float) -> None:
    apart_s = abs(stamped_at.timestamp() - now_s)
    if apart_s > APART_S:
        log.warning("this machine's clock and the time authority's are %d s apart", apart_s)


def _keep(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise Unavailable(
            f"a stamp cannot be written: {error.strerror}", cause="the disk is full or failing", fix="make room"
        ) from error
