"""What can go wrong, in words for the person who meets it?

Every error says what happened, the likely cause, and what to do next. Code tells errors apart by class and ``code``,
never by their text.
"""

from typing import ClassVar


class AboveboardError(Exception):
    """The root of all errors raised on purpose.

    ``what`` happened, its likely ``cause`` and how to ``fix`` it: sentences without a full stop.
    """

    code: ClassVar[str] = "error"
    exit_status: ClassVar[int] = 1

    def __init__(self, what: str, *, cause: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.cause = cause
        self.fix = fix

    def __str__(self) -> str:
        parts = [self.what]
        if self.cause:
            parts.append(f"likely cause: {self.cause}")
        if self.fix:
            parts.append(f"what to do: {self.fix}")
        return "\n".join(parts)


class BadInput(AboveboardError):
    """Bytes or words from outside that do not parse, or exceed a limit."""

    code = "bad_input"
    exit_status = 2


class Refused(AboveboardError):
    """A rule said no. ``reason`` is the word from the closed list in ``rules.decision``."""

    code = "refused"
    exit_status = 3

    def __init__(self, reason: str, what: str, *, cause: str = "", fix: str = "") -> None:
        super().__init__(what, cause=cause, fix=fix)
        self.reason = reason


class NotFound(AboveboardError):
    """The thing named does not exist, or the asker may not know that it does."""

    code = "not_found"
    exit_status = 4


class Conflict(AboveboardError):
    """What was asked contradicts what is already recorded."""

    code = "conflict"
    exit_status = 5


class Tampered(AboveboardError):
    """A signature, a hash, or a proof does not hold."""

    code = "tampered"
    exit_status = 6


class Unavailable(AboveboardError):
    """Another process, the network, a disk or a display cannot be reached just now; trying again may help."""

    code = "unavailable"
    exit_status = 7


class SetupMissing(AboveboardError):
    """This machine lacks something that the command needs."""

    code = "setup_missing"
    exit_status = 8
