"""What may be collected, from whom, for what, and how long is it kept?

A disclosure is written by a steward in TOML, published as the JSON of this document inside a signed envelope, and never
changes afterwards. It is the recorder's only configuration: what it does not name cannot be encoded. Translations say
the same in other languages: words only, never another fact.
"""

import hashlib
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from aboveboard.base.errors import BadInput
from aboveboard.formats.fields import (
    Country,
    Date,
    Document,
    Language,
    Line,
    Nanoseconds,
    PublicKey,
    Sha256,
    Text,
    decode_json,
    encode_json,
)

PAYLOAD_TYPE = "application/vnd.aboveboard.disclosure.v1+json"
LIMIT_BYTES = 256 * 1024

Keystrokes = Literal["none", "count", "shape", "redacted", "exact"]
Screen = Literal["none", "structure", "redacted", "exact"]
Pointer = Literal["none", "clicks", "full"]
Window = Literal["none", "app", "redacted", "exact"]
Site = Literal["none", "host", "redacted", "exact"]
Control = Literal["none", "role", "redacted", "exact"]
Pictures = Literal["covered", "shown"]
Metered = Literal["hold", "send"]
SitePattern = Annotated[str, Meta(pattern=r"^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$", max_length=255)]
"""A host in lower case ("crm.example.org"), or all hosts below one and it ("*.example.org")."""

Purpose = Literal["train_agents", "evaluate_agents", "study_interaction"]
"""The closed list of purposes. Measuring, comparing or ranking a person is not one and cannot be added."""

PURPOSES: dict[str, str] = {
    "train_agents": "train AI models that operate ordinary software",
    "evaluate_agents": "test AI models that operate ordinary software",
    "study_interaction": "study how software is used, over groups and never over one person",
}


Why = Annotated[str, Meta(max_length=1000)]
"""Why something is needed, for the reader."""

FormalityKind = Literal["legal_basis", "impact_assessment", "works_council", "prior_notice"]
"""What laws ask for before people are recorded; ``rules.law`` says which country asks for which."""


class Formality(Document, frozen=True):
    """Something that a law asks for has been done for these countries, and this document proves it.

    ``date``: since when it holds; ``sha256``: of the document; ``kept_at``: where anyone who may ask can see it.
    """

    kind: FormalityKind
    countries: Annotated[list[Country], Meta(min_length=1, max_length=250)]
    title: Line
    date: Date
    sha256: Sha256
    kept_at: Line


class Because(Document, frozen=True):
    """For each kind of data that an application's rule names: why it is needed."""

    keystrokes: Why = ""
    screen: Why = ""
    pointer: Why = ""
    window: Why = ""
    site: Why = ""
    control: Why = ""


class AppRule(Document, frozen=True):
    """One application that may be recorded, and how closely.

    ``wm_class`` is the class part of X11's ``WM_CLASS``, compared without regard to case; ``why`` is for the reader.
    ``sites``: of a browser only these; none named: every site but those that are never recorded (``rules.contexts``).
    ``pictures``: whether photographs and films are shown where ``screen`` is ``redacted``.
    """

    name: Line
    wm_class: Annotated[str, Meta(min_length=1, max_length=100)]
    why: Annotated[str, Meta(min_length=10, max_length=1000)]
    keystrokes: Keystrokes = "none"
    screen: Screen = "none"
    pointer: Pointer = "none"
    window: Window = "none"
    site: Site = "none"
    control: Control = "none"
    sites: Annotated[tuple[SitePattern, ...], Meta(max_length=500)] = ()
    pictures: Pictures = "covered"
    because: Because = Because()


class CustomerPattern(Document, frozen=True):
    """What identifiers of customers, cases or staff look like: ``pattern`` is in RE2's syntax, ``name`` for people."""

    name: Line
    pattern: Annotated[str, Meta(min_length=1, max_length=300)]


class Budget(Document, frozen=True):
    """What recording may cost a person.

    ``cpu_percent``: mean share of one CPU core; ``megabytes_per_day``: upload, in 1e6 bytes. ``battery_percent``: below
    this charge, on battery, nothing is recorded. ``metered``: on a metered network recordings are held back, or sent.
    """

    cpu_percent: Annotated[float, Meta(gt=0, le=100)] = 10.0
    megabytes_per_day: Annotated[int, Meta(ge=1, le=100_000)] = 200
    battery_percent: Annotated[int, Meta(ge=0, le=100)] = 20
    metered: Metered = "hold"


class TranslatedApp(Document, frozen=True):
    """The words about the application with this ``wm_class``."""

    wm_class: Annotated[str, Meta(min_length=1, max_length=100)]
    name: Line
    why: Why
    because: Because = Because()


class Translation(Document, frozen=True):
    """The disclosure's words in another language. The lists have as many entries as the disclosure's own, in order."""

    language: Language
    title: Line
    summary: Text
    recipients: Annotated[list[Line], Meta(min_length=1, max_length=50)]
    never_collected: Annotated[list[Line], Meta(min_length=1, max_length=100)]
    apps: Annotated[list[TranslatedApp], Meta(min_length=1, max_length=200)]


Programme = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{1,60}$")]
Countries = Annotated[list[Country], Meta(min_length=1, max_length=250)]
LegalEntities = Annotated[list[Line], Meta(min_length=1, max_length=100)]
Apps = Annotated[list[AppRule], Meta(min_length=1, max_length=200)]
Purposes = Annotated[list[Purpose], Meta(min_length=1, max_length=3)]
Recipients = Annotated[list[Line], Meta(min_length=1, max_length=50)]
Days = Annotated[int, Meta(ge=1, le=3650)]
NeverCollected = Annotated[list[Line], Meta(min_length=1, max_length=100)]
FramesPerSecond = Annotated[int, Meta(ge=1, le=30)]
Customers = Annotated[list[CustomerPattern], Meta(max_length=64)]
ConsentDays = Annotated[int, Meta(ge=1, le=3650)]
Formalities = Annotated[list[Formality], Meta(max_length=500)]
Translations = Annotated[list[Translation], Meta(max_length=50)]


class Disclosure(Document, frozen=True):
    """The whole promise. ``version`` counts up within ``programme``; ``published_at_ns`` is wall time."""

    programme: Programme
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    published_at_ns: Nanoseconds
    language: Language
    title: Line
    summary: Text
    controller: Line
    contact: Line
    countries: Countries
    legal_entities: LegalEntities
    apps: Apps
    purposes: Purposes
    recipients: Recipients
    retention_days: Days
    never_collected: NeverCollected
    budget: Budget
    frames_per_second: FramesPerSecond
    keyholder_key: PublicKey
    """Who vouches for the keys that recordings are sealed to: pinned here, so that the server cannot swap them."""
    lease_key: PublicKey
    """Whose leases the recorder believes."""
    customers: Customers = msgspec.field(default_factory=list)
    """What is covered besides what is covered everywhere, where words, keys or pixels are ``redacted``."""
    consent_days: ConsentDays = 365
    """After so many days consent is asked for anew."""
    formalities: Formalities = msgspec.field(default_factory=list)
    translations: Translations = msgspec.field(default_factory=list)


class Draft(Document, frozen=True):
    """What the steward writes: a :class:`Disclosure` without the parts that publishing fills in."""

    programme: Programme
    language: Language
    title: Line
    summary: Text
    controller: Line
    contact: Line
    countries: Countries
    legal_entities: LegalEntities
    apps: Apps
    purposes: Purposes
    recipients: Recipients
    retention_days: Days
    never_collected: NeverCollected
    budget: Budget = msgspec.field(default_factory=Budget)
    frames_per_second: FramesPerSecond = 10
    customers: Customers = msgspec.field(default_factory=list)
    consent_days: ConsentDays = 365
    formalities: Formalities = msgspec.field(default_factory=list)
    translations: Translations = msgspec.field(default_factory=list)


def read_toml(toml: str) -> dict[str, Any]:
    """The steward's file as plain values; raises :class:`BadInput` if it is no TOML."""
    import tomllib  # only a steward needs it; a recorder reads what was published

    if len(toml) > LIMIT_BYTES:
        raise BadInput("this disclosure is too long", cause=f"the limit is {LIMIT_BYTES} characters", fix="shorten it")
    try:
        return tomllib.loads(toml)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unreadable(error) from error


def parse_draft(toml: str) -> Draft:
    """Parse the steward's TOML; raises :class:`BadInput` that names the field at fault."""
    try:
        return msgspec.convert(read_toml(toml), Draft)
    except msgspec.ValidationError as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> BadInput:
    return BadInput(
        f"this disclosure cannot be read: {error}",
        cause="a field is missing, misspelt, or out of its range",
        fix="'aboveboard disclosure check' names every field at once; docs/spec/disclosure.md has their ranges",
    )


def publish(draft: Draft, *, version: int, published_at_ns: int, keyholder_key: str, lease_key: str) -> Disclosure:
    """Fill in what publishing adds, and check every range; raises :class:`BadInput`."""
    filled = msgspec.to_builtins(draft) | {
        "version": version,
        "published_at_ns": published_at_ns,
        "keyholder_key": keyholder_key,
        "lease_key": lease_key,
    }
    try:
        return msgspec.convert(filled, Disclosure)
    except msgspec.ValidationError as error:
        raise BadInput(
            f"this disclosure cannot be published: {error}",
            cause="a field is out of its range",
            fix="see docs/spec/disclosure.md",
        ) from error


def encode(disclosure: Disclosure) -> bytes:
    """The bytes that are signed, hashed and shown."""
    return encode_json(disclosure)


def decode(data: bytes) -> Disclosure:
    """Parse published bytes; raises :class:`BadInput`."""
    return decode_json(data, Disclosure, name="disclosure", limit_bytes=LIMIT_BYTES)


def digest(data: bytes) -> str:
    """SHA-256 of the published bytes, in hex: the disclosure's name everywhere."""
    return hashlib.sha256(data).hexdigest()
