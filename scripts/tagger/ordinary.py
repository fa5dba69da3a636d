"""Where does ordinary text come from that speaks of nobody?

From the documentation strings, comments and code of Python's standard library and of installed wheels
(constraints.txt), read on the machine that trains and never copied into the repository. Sentences that seem to name
somebody are left out. A tenth of the files is held out for development.
"""

import gzip
import html
import json
import random
import re
import sysconfig
import zlib
from pathlib import Path

from . import known
from .pools import world_cities

_STRING = re.compile(r'"""(.*?)"""', re.S)
_SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z\"'])|\n\s*\n|\n\s*[-*:]")
_LIMIT_BYTES = 400_000


def held_out(path: str) -> bool:
    return zlib.crc32(path.encode()) % 10 == 0


class Ordinary:
    """``prose``: sentences; ``code``: a few lines each."""

    def __init__(self, names: set[str], development: bool, limit: int = 90_000) -> None:
        self.prose: list[str] = []
        self.code: list[str] = []
        famous = " ".join(
            [*known.COUNTRIES, *known.CITIES, *known.GROUPS, *known.PLURALS, *known.STATES, *world_cities(False)]
        )
        self._names = {one for one in names if len(one) > 2} | set(re.findall(r"\w{3,}", famous))
        chance = random.Random(5)
        library = Path(sysconfig.get_path("stdlib"))
        wheels = Path(sysconfig.get_path("purelib"))
        files = [one for one in library.rglob("*.py") if "site-packages" not in one.parts and "test" not in str(one)]
        for wheel in known.LISTS["WHEELS"]:
            files += [one for one in (wheels / wheel).rglob("*.py") if "test" not in str(one)]
        for path in sorted(files):
            if held_out(path.name) == development:
                self._take(path.read_text("utf-8", "ignore")[:_LIMIT_BYTES], chance)
        for path in sorted((wheels / "botocore/data").rglob("service-2.json*")):
            if held_out(path.parent.parent.name) == development and chance.random() < 0.35:
                self._services(path)
        chance.shuffle(self.prose)
        chance.shuffle(self.code)
        del self.prose[limit:], self.code[limit // 2 :]

    def _take(self, content: str, chance: random.Random) -> None:
        for found in _STRING.findall(content):
            self._sentences(found)
        lines = [line for line in content.splitlines() if line.strip()]
        for _ in range(len(lines) // 25):
            place = chance.randrange(len(lines))
            block = "\n".join(lines[place : place + chance.randint(1, 5)])
            if '"""' not in block and len(block) < 500 and not self._names_somebody(block):
                self.code.append(block)

    def _services(self, path: Path) -> None:
        raw = path.read_bytes()
        document = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
        texts: list[str] = []

        def walk(node: object) -> None:
            if isinstance(node, dict):
                if isinstance(node.get("documentation"), str):
                    texts.append(node["documentation"])
                for one in node.values():
                    walk(one)

        walk(document)
        for one in texts[:400]:
            self._sentences(html.unescape(re.sub(r"<[^>]+>", " ", one)))

    def _sentences(self, text: str) -> None:
        for part in _SENTENCE.split(text):
            sentence = re.sub(r"\s+", " ", part).strip()
            if 12 < len(sentence) < 300 and not self._names_somebody(sentence):
                self.prose.append(sentence)

    def _names_somebody(self, text: str) -> bool:
        """Whether it may name a person or place: then it is of no use as an example of ordinary text."""
        if re.search(r"@|Copyright|\b(19|20)\d\d\b|[Aa]uthor|contributed|thanks to", text):
            return True
        return any(one in self._names for one in re.findall(r"(?<=[a-z,(] )[A-Z][a-z]{2,}", text))
