"""Which detectors look at this session's texts, and is any missing that should be there?

Each detector is one row of :data:`MAKERS`: who makes it, and which kinds it alone finds. A detector that cannot be made
(its library or model is not there, or is of another version) is no error: it comes back as :class:`Missing`, so that
the recorder can lower what it captures and say so. What nobody covers is told by :meth:`Loaded.uncovered`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aboveboard.base.errors import AboveboardError, BadInput
from aboveboard.recorder.redact.text.finding import KINDS, Detector, Kind


@dataclass(frozen=True, slots=True)
class Options:
    """What a disclosure says about redaction of text. The defaults look for everything."""

    kinds: frozenset[Kind] = frozenset(KINDS)
    """What is to be found."""
    customers: tuple[str, ...] = ()
    """Patterns for identifiers of customers, see ``patterns.customers``."""
    supplied: tuple[str, ...] = ()
    """Larger models that the operator supplies: names of :data:`SUPPLIED`, or of what ``load`` is given."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """For each supplied model what its adapter needs, such as where it lies."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A detector that should look and cannot. ``why``: for a person to read. ``kinds``: what it would have found."""

    name: str
    why: str
    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes one detector. ``make`` may raise anything; it loads what the detector needs: a text never has to."""

    name: str
    kinds: frozenset[Kind]
    make: Callable[[Options], Detector]


@dataclass(frozen=True, slots=True)
class Loaded:
    """``detectors`` can look; ``missing`` should and cannot."""

    detectors: tuple[Detector, ...]
    missing: tuple[Missing, ...]
    covered: frozenset[Kind]
    """What those that can look find."""

    def uncovered(self, wanted: frozenset[Kind]) -> frozenset[Kind]:
        """Those of ``wanted`` that nobody looks for, or that one who would is missing."""
        return (wanted - self.covered) | (wanted & frozenset(kind for one in self.missing for kind in one.kinds))


def _patterns(options: Options) -> Detector:
    from aboveboard.recorder.redact.text.patterns.detector import PatternDetector

    return PatternDetector(options.kinds, options.customers)


def _tagger(options: Options) -> Detector:
    from aboveboard.recorder.redact.text.tagger.detector import load_tagger

    return load_tagger(options.kinds)


def _secrets(_: Options) -> Detector:
    from aboveboard.recorder.redact.text.secrets.detector import SecretDetector

    return SecretDetector()


def _gliner(options: Options) -> Detector:
    from aboveboard.recorder.redact.text import adapters

    return adapters.gliner(options.settings.get("gliner"), options.kinds)


def _presidio(options: Options) -> Detector:
    from aboveboard.recorder.redact.text import adapters

    return adapters.presidio(options.settings.get("presidio"), options.kinds)


PATTERNS = Maker("patterns", frozenset(KINDS) - {"name", "organisation", "key", "password"}, _patterns)
TAGGER = Maker(
    "tagger",
    frozenset[Kind](("name", "organisation", "place", "address", "group", "title", "age", "date")),
    _tagger,
)
SECRETS = Maker("secrets", frozenset[Kind](("key", "password")), _secrets)
MAKERS: tuple[Maker, ...] = (PATTERNS, TAGGER, SECRETS)
"""Those that always look. A new detector of this project is one more row."""
SUPPLIED: Mapping[str, Maker] = {
    one.name: one
    for one in (
        Maker("gliner", frozenset[Kind](("name", "organisation", "place", "address")), _gliner),
        Maker("presidio", frozenset[Kind](("name", "place", "group", "date")), _presidio),
    )
}
"""Those that look if the operator supplies them, and are then as required as ours."""


def load(options: Options, makers: Sequence[Maker] = MAKERS, supplied: Mapping[str, Maker] = SUPPLIED) -> Loaded:
    """The detectors of a session. Takes what their models take to load: call it once, before anything is captured.

    Raises :class:`BadInput` only for what the steward can mend: a customer pattern that is not acceptable.
    """
    ready: list[Detector] = []
    missing: list[Missing] = []
    covered: set[Kind] = set()
    wanted = options.kinds
    for maker in makers:
        if maker.kinds & wanted:
            _make(maker, options, ready, missing, covered)
    for name in options.supplied:
        if name in supplied:
            _make(supplied[name], options, ready, missing, covered)
        else:
            missing.append(Missing(name, f"no detector is called {name}; there are: {', '.join(supplied)}", wanted))
    return Loaded(tuple(ready), tuple(missing), frozenset(covered))


def _make(maker: Maker, options: Options, ready: list[Detector], missing: list[Missing], covered: set[Kind]) -> None:
    try:
        ready.append(maker.make(options))
        covered |= maker.kinds
    except BadInput:
        raise
    except AboveboardError as error:
        missing.append(Missing(maker.name, str(error), maker.kinds & options.kinds))
    except Exception as error:  # noqa: BLE001 - whatever went wrong, this detector is not there, and that is told
        missing.append(Missing(maker.name, f"{type(error).__name__}: {error}", maker.kinds & options.kinds))
