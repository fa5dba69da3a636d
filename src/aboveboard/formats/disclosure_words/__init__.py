"""In which words is a disclosure told, in each language that we can tell it in?

The same facts in every language: each :class:`Words` has a word for every level of every kind of data and for every
fixed sentence, and a test looks that none is left out. A steward's own words come from the disclosure's translations.
To add a language, add a module beside ``en`` and name it in ``_SPOKEN``.
"""

from aboveboard.formats.disclosure_words import de, en
from aboveboard.formats.disclosure_words.shape import Words

_SPOKEN: dict[str, Words] = {"en": en.WORDS, "de": de.WORDS}
LANGUAGES = tuple(_SPOKEN)


def words_in(language: str) -> Words | None:
    """The words for ``language`` ("de", or "de-AT", which is told as "de"); ``None`` if there are none."""
    return _SPOKEN.get(language) or _SPOKEN.get(language.partition("-")[0])
