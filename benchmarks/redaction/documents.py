"""The texts to measure on, and what each of their classes is called here.

The public synthetic set of presidio-research: 1,500 short documents with the places of what is personal. It is not part
of this repository and nobody fetches it here; its path is an argument.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aboveboard.base.errors import BadInput, NotFound
from aboveboard.recorder.redact.text.finding import Kind

CLASSES: Mapping[Kind, frozenset[str]] = {
    "name": frozenset({"PERSON"}),
    "organisation": frozenset({"ORGANIZATION"}),
    "place": frozenset({"GPE", "STREET_ADDRESS"}),
    "address": frozenset({"STREET_ADDRESS", "ZIP_CODE", "GPE"}),
    "group": frozenset({"NRP"}),
    "title": frozenset({"TITLE"}),
    "age": frozenset({"AGE"}),
    "date": frozenset({"DATE_TIME"}),
    "birth_date": frozenset({"DATE_TIME"}),
    "phone": frozenset({"PHONE_NUMBER"}),
    "mail": frozenset({"EMAIL_ADDRESS"}),
    "web": frozenset({"DOMAIN_NAME"}),
    "network": frozenset({"IP_ADDRESS"}),
    "card": frozenset({"CREDIT_CARD"}),
    "account": frozenset({"IBAN_CODE"}),
    "national_number": frozenset({"US_SSN"}),
    "licence": frozenset({"US_DRIVER_LICENSE"}),
}
"""For which classes of the set a kind of ours is right. A postcode or a city within an address is part of it."""
LIMIT_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Marked:
    """``text[start:end]`` is of the set's class ``name``."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Document:
    """One text and what is marked in it."""

    text: str
    marked: tuple[Marked, ...]


def load(path: Path) -> list[Document]:
    """The documents of the set at ``path``. Raises :class:`NotFound` or :class:`BadInput`."""
    if not path.is_file():
        raise NotFound(
            f"there is no file {path}",
            cause="the set of presidio-research is public, but not part of this repository",
            fix="get data/synth_dataset_v2.json of github.com/microsoft/presidio-research, and give its path",
        )
    if path.stat().st_size > LIMIT_BYTES:
        raise BadInput(f"{path} is larger than {LIMIT_BYTES} bytes")
    try:
        return [
            Document(
                one["full_text"],
                tuple(
                    Marked(span["start_position"], span["end_position"], span["entity_type"]) for span in one["spans"]
                ),
            )
            for one in json.loads(path.read_bytes())
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{path} does not parse: {error}", cause="it is not the set of presidio-research, or of another version"
        ) from None
