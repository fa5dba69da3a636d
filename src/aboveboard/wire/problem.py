"""How does an error cross the network and arrive as the same error?

As a problem document (RFC 9457) with the members ``code``, ``reason``, ``what``, ``cause`` and ``fix``. Both sides use
this one table, so a client raises what the server raised.
"""

import msgspec

from aboveboard.base.errors import (
    AboveboardError,
    BadInput,
    Conflict,
    NotFound,
    Refused,
    SetupMissing,
    Tampered,
    Unavailable,
)
from aboveboard.wire.request_signing import NotAuthenticated

MEDIA_TYPE = "application/problem+json"
LIMIT_BYTES = 64 * 1024


class TooLarge(BadInput):
    """More bytes than the limit, or than was declared."""

    code = "too_large"


STATUS_OF: dict[type[AboveboardError], int] = {
    BadInput: 400,
    NotAuthenticated: 401,
    Refused: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    Tampered: 422,
    AboveboardError: 500,
    SetupMissing: 500,
    Unavailable: 503,
}
_CLASS_OF = {kind.code: kind for kind in STATUS_OF}


class Problem(msgspec.Struct, kw_only=True):
    """The body of every answer that is not a success."""

    title: str
    status: int
    detail: str = ""
    type: str = "about:blank"
    code: str = "error"
    reason: str = ""
    what: str = ""
    cause: str = ""
    fix: str = ""


def from_error(error: AboveboardError) -> Problem:
    """The document for an error raised on purpose."""
    status = next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)
    return Problem(
        title=error.code.replace("_", " "),
        status=status,
        detail=error.what,
        code=error.code,
        reason=str(error.reason) if isinstance(error, Refused) else "",
        what=error.what,
        cause=error.cause,
        fix=error.fix,
    )


def to_error(status: int, body: bytes) -> AboveboardError:
    """The error that an answer with this status means; never fails, whatever the body holds."""
    try:
        problem = msgspec.json.decode(body[:LIMIT_BYTES], type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        problem = Problem(title="", status=status)
    problem.status = status
    return error_of(problem)


def error_of(problem: Problem) -> AboveboardError:
    """The error that this document tells of."""
    status = problem.status
    what = problem.what or problem.detail or f"the server answered with status {status} and no explanation"
    kind = _CLASS_OF.get(problem.code, AboveboardError)
    if status in {502, 503, 504} and kind is AboveboardError:
        kind = Unavailable
    if issubclass(kind, Refused):
        return kind(problem.reason, what, cause=problem.cause, fix=problem.fix)
    return kind(what, cause=problem.cause, fix=problem.fix)
