"""How does a larger model that an operator supplies look at texts as our own detectors do?

Two families are known: GLiNER (a model that is told the labels to look for) and the recognisers of Presidio. Neither is
part of this project nor imported unless asked for; neither may reach the network: models are given as folders on disk.
A longer text is given to them in pieces that overlap, as their models see a few hundred words at once.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.redact.text.finding import Detector, Finding, Kind

PIECE = 1_200
OVERLAP = 200
"""Characters that a model sees at once, and how many of them the next piece sees again."""
LEAST_CERTAINTY = 0.35

LABELS: Mapping[str, Kind] = {
    "person": "name",
    "organization": "organisation",
    "location": "place",
    "street address": "address",
    "phone number": "phone",
    "date of birth": "birth_date",
    "nationality": "group",
    "religion": "group",
    "job title": "title",
    "username": "name",
}
"""What GLiNER is asked for, in its words."""

ENTITIES: Mapping[str, Kind] = {
    "PERSON": "name",
    "ORGANIZATION": "organisation",
    "LOCATION": "place",
    "NRP": "group",
    "DATE_TIME": "date",
    "AGE": "age",
    "TITLE": "title",
    "PHONE_NUMBER": "phone",
    "EMAIL_ADDRESS": "mail",
    "URL": "web",
    "IP_ADDRESS": "network",
    "MAC_ADDRESS": "network",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "account",
    "US_BANK_NUMBER": "account",
    "CRYPTO": "account",
    "US_SSN": "national_number",
    "US_ITIN": "tax",
    "US_PASSPORT": "licence",
    "US_DRIVER_LICENSE": "licence",
    "UK_NHS": "health",
    "UK_NINO": "national_number",
    "MEDICAL_LICENSE": "health",
}
"""Presidio's entities; any other is taken for a national number, as most of its further ones are."""


class Gliner(Protocol):
    """What we use of ``gliner.GLiNER``."""

    def predict_entities(self, text: str, labels: list[str], *, threshold: float) -> Iterable[Mapping[str, Any]]: ...


class Analyzer(Protocol):
    """What we use of ``presidio_analyzer.AnalyzerEngine``."""

    def analyze(self, text: str, language: str, *, score_threshold: float) -> Sequence[Any]: ...


class GlinerDetector:
    """Asks a GLiNER model."""

    name = "gliner"

    def __init__(self, model: Gliner, kinds: Collection[Kind]) -> None:
        self._model = model
        self._labels = [label for label, kind in LABELS.items() if kind in kinds]

    def find(self, text: str) -> list[Finding]:
        """See ``Detector.find``; what the model raises is not caught here: the redactor then covers the text."""
        found: list[Finding] = []
        for begin, piece in pieces(text):
            for one in self._model.predict_entities(piece, self._labels, threshold=LEAST_CERTAINTY):
                kind = LABELS[one["label"]]
                found.append(
                    Finding(begin + one["start"], begin + one["end"], kind, _certainty(one["score"]), self.name)
                )
        return found


class PresidioDetector:
    """Asks Presidio's recognisers."""

    name = "presidio"

    def __init__(self, analyzer: Analyzer, kinds: Collection[Kind], language: str = "en") -> None:
        self._analyzer, self._kinds, self._language = analyzer, frozenset(kinds), language

    def find(self, text: str) -> list[Finding]:
        """See ``Detector.find``; what a recogniser raises is not caught here: the redactor then covers the text."""
        found: list[Finding] = []
        for begin, piece in pieces(text):
            for one in self._analyzer.analyze(piece, self._language, score_threshold=LEAST_CERTAINTY):
                kind = ENTITIES.get(one.entity_type, "national_number")
                if kind in self._kinds:
                    found.append(Finding(begin + one.start, begin + one.end, kind, _certainty(one.score), self.name))
        return found


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """``text`` in overlapping pieces, each with the place where it begins; cut at white space where there is some."""
    begin = 0
    while len(text) - begin > PIECE:
        end = text.rfind(" ", begin + PIECE - OVERLAP, begin + PIECE) + 1 or begin + PIECE
        yield begin, text[begin:end]
        again = text.find(" ", end - OVERLAP, end) + 1
        begin = again or end - OVERLAP
    yield begin, text[begin:]


def gliner(settings: Any, kinds: Collection[Kind]) -> Detector:
    """A GLiNER model from the folder ``settings["folder"]``. Raises :class:`SetupMissing` if it is not there."""
    folder = Path(str((settings or {}).get("folder", "")))
    if not (folder / "gliner_config.json").is_file():
        raise SetupMissing(
            f"there is no GLiNER model in {folder}",
            cause="the folder is not set, or is not on this machine",
            fix="set gliner.folder to it",
        )
    from gliner import GLiNER

    return GlinerDetector(GLiNER.from_pretrained(str(folder), local_files_only=True), kinds)


def presidio(settings: Any, kinds: Collection[Kind]) -> Detector:
    """Presidio with the recognisers it comes with.

    ``settings["model"]`` is a spaCy model, as a folder or an installed package; without one its recognisers by pattern
    look alone. Raises what the import or the model raises.
    """
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

    chosen = settings or {}
    # Its recognisers of hosts would ask the network for a list; a copy of that list is in the package.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    engine = SpacyNlpEngine(
        models=[{"lang_code": "en", "model_name": str(chosen.get("model", "blank"))}],
        ner_model_configuration=NerModelConfiguration(),
    )
    # Its own ``load`` would ask the network for a model that is not here.
    engine.nlp = {"en": spacy.load(str(chosen["model"])) if chosen.get("model") else spacy.blank("en")}
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    return PresidioDetector(AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=["en"]), kinds)


def _certainty(score: Any) -> float:
    return min(1.0, max(0.01, float(score)))
