"""Who says what is personal, while the pixels are measured?

``Patterns`` stands in for the detectors of text: it knows the kinds that are planted, by their form, and names and
places by the very lists that they were planted from. So what slips through is the pixels' doing: something was not
read, or read wrongly.
"""

import re

from benchmarks.redaction.screens.planted import FAMILY, GIVEN, LABELS, STREETS, TOWNS

from aboveboard.recorder.redact.text.finding import Finding, Kind

_FORMS: dict[Kind, str] = {
    "mail": r"\S+@\S+|\S+example\.(?:com|org|net)\S*",
    "phone": r"\+\s?44[\d\s()]{6,}",
    "card": r"(?:\d[ ]?){12,19}",
    "account": r"\b[A-Z]{2}\d{2}\s?(?:\w{4}\s?){3,5}\w{0,2}",
    "national_number": r"\b[A-Za-z8]{2}\s?(?:\d\s?){5,7}[A-D]?\b",
    "birth_date": r"\b\d{1,2}/\d{1,2}/\d{4}\b",
    "key": r"\bsk[_ ]?live\S*|\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])\w{14,}\b",
    "address": rf"\d+\s+(?:{'|'.join(STREETS)})\s+Street,?(?:\s+\w+)?(?:\s+\d{{5}})?"
    rf"|\b(?:{'|'.join(TOWNS)})\b(?:\s+\d{{5}})?",
    "name": rf"\b(?:{'|'.join(GIVEN + FAMILY)})\b",
    "password": r"(?:Password|password):?\s+\S+|\b(?=\S*[!#%+])(?=\S*\w)\S{8,}"
    r"|\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])\w{9,}\b",
}


class Patterns:
    """A detector in the sense of ``redact.text.finding``."""

    name = "patterns of the test screens"

    def __init__(self) -> None:
        self._forms = {kind: re.compile(form) for kind, form in _FORMS.items()}
        labels = "|".join(map(re.escape, LABELS.values()))
        self._label = re.compile(rf"(?:{labels})\s*:?[ \t]+(?P<value>[^\n\t]+)")

    def find(self, text: str) -> list[Finding]:
        """Everything of these forms, and whatever stands behind one of the labels in its row."""
        found = [
            Finding(match.start(), match.end(), kind, 1.0, self.name)
            for kind, form in self._forms.items()
            for match in form.finditer(text)
        ]
        found += [
            Finding(match.start("value"), match.end("value"), "customer", 1.0, self.name)
            for match in self._label.finditer(text)
        ]
        return [one for one in found if one.end > one.start]
