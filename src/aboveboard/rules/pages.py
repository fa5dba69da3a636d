"""May what this window shows be recorded?

Decided in this order; the first that applies is the answer, and it is what a marker says:

1. A private window never is: ``private_window``.
2. Nor is what nobody should collect at work (``rules.contexts``): ``sensitive_site``. Which kind it was is not told.
3. Nor a log-in (``rules.log_in``): ``log_in``.
4. Where a disclosure names sites, only those are; a page whose site is not known, or that is none, is another one:
   ``site_not_disclosed``. So are sites that the person leaves out (:class:`NarrowedRule`), a browser's own pages,
   whatever is named: they list what was visited, and passwords; and our own, where a person looks at what was recorded,
   says what they want covered, and raises concerns that are nobody's to read.
5. Of a browser's window nothing is known yet, or nobody can ask it: ``not_decided``. It may be any of 1 to 3, so an
   unknown page is not safe even where every site may be recorded.
6. Where other people write, what they wrote is not (``rules.others``): ``others``.
7. Else it is ``open``.

Pure. An error inside is ``not_decided``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from aboveboard.formats.disclosure import AppRule
from aboveboard.rules.contexts import sensitive_host, sensitive_words
from aboveboard.rules.log_in import log_in_place
from aboveboard.rules.others import others_write

Hidden = Literal["private_window", "sensitive_site", "log_in", "site_not_disclosed", "not_decided"]
Shown = Literal["private_window", "sensitive_site", "log_in", "site_not_disclosed", "not_decided", "others", "open"]

_ORDER: tuple[Shown, ...] = (
    "private_window", "sensitive_site", "log_in", "site_not_disclosed", "not_decided", "others", "open",
)  # fmt: skip
"""From the one that lets out least."""

BROWSERS = frozenset(
    {
        "arc.exe", "brave-browser", "brave.exe", "chrome", "chrome.exe", "chromium", "chromium-browser",
        "chromium-dev", "com.apple.safari", "com.brave.browser", "com.google.chrome", "com.microsoft.edgemac",
        "com.operasoftware.opera", "com.vivaldi.vivaldi", "company.thebrowser.browser", "cromite", "dillo", "dooble",
        "epiphany", "falkon", "firefox", "firefox developer edition", "firefox-aurora", "firefox-beta",
        "firefox-default", "firefox-developer-edition", "firefox-esr", "firefox-nightly", "firefox.exe",
        "firefoxdeveloperedition", "floorp", "google-chrome", "google-chrome-beta", "google-chrome-unstable",
        "helium", "icecat", "iexplore.exe", "iridium-browser", "iron", "konqueror", "librewolf", "luakit",
        "microsoft-edge", "microsoft-edge-beta", "microsoft-edge-dev", "midori", "msedge", "msedge.exe",
        "mullvad browser", "navigator", "nightly", "nyxt", "opera", "opera beta", "opera.exe",
        "org.chromium.chromium", "org.gnome.epiphany", "org.kde.falkon", "org.mozilla.firefox", "pale moon",
        "palemoon", "qutebrowser", "safari", "seamonkey", "surf", "thorium-browser", "tor browser",
        "ungoogled-chromium", "vivaldi", "vivaldi-snapshot", "vivaldi-stable", "vivaldi.exe", "waterfox",
        "yandex-browser", "zen", "zen-alpha", "zen-browser",
    }
)  # fmt: skip
"""Programs that show whatever page somebody opens: class parts of ``WM_CLASS``, or what stands for them on other
systems, in lower case."""

OWN_TITLE = "Aboveboard ·"
"""So the titles of all our own pages begin, which are served on loopback alone."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_WEB, _LOCAL = frozenset({"http", "https"}), frozenset({"data", "blob", "file"})
_ENDINGS = re.compile(r" [-–—] [^-–—]*$")
"""Where a browser's title goes on with the browser's own name."""
_PRIVATE = (
    "incognito", "inprivate", "private browsing", "private window", "private mode", "inkognito", "privater modus",
    "privates fenster", "privates surfen", "navigation privée", "fenêtre privée", "incógnito", "navegación privada",
    "ventana privada", "navegação privada", "navegação anónima", "navegação anônima", "janela privativa",
    "navigazione in incognito", "navigazione anonima", "finestra anonima", "privénavigatie", "privévenster",
    "tryb prywatny", "prywatne", "privat surfning", "privat vindue", "privat browsing", "privat fönster",
    "privat nettlesing", "yksityinen", "anonymní", "soukromé", "súkromné", "privát", "gizli", "ιδιωτική", "ανώνυμη",
    "приватн", "инкогнито", "частный", "シークレット", "プライベート", "无痕", "無痕", "隐私", "隱私", "시크릿",
    "사생활 보호",
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """What is known of what a window shows.

    ``address`` is all of it, "" if it is not known; ``title`` and ``headings`` are its words. ``private``: the window
    says so, in whatever way. ``asks``: there is a field for a password or a code.
    """

    address: str = ""
    title: str = ""
    headings: tuple[str, ...] = ()
    private: bool = False
    asks: bool = False


class NarrowedRule(AppRule, frozen=True):
    """A disclosed rule of which the person recorded leaves sites out, with all below them; never published."""

    left_out: tuple[str, ...] = ()


def below(host: str, sites: Iterable[str]) -> bool:
    """Is ``host`` one of ``sites``, or below one? Case and a final dot do not count; "*." is understood."""
    wanted = host.casefold().strip(".")
    named = (site.casefold().removeprefix("*.").strip(".") for site in sites)
    return any(wanted == site or wanted.endswith(f".{site}") for site in named if site)


def shows_sites(rule: AppRule, wm_class: str) -> bool:
    """Must it be known what page a window of this application shows?"""
    return bool(rule.sites) or rule.site != "none" or wm_class.strip().casefold() in BROWSERS


def says_private(words: str) -> bool:
    """Does a window's title or name say that it is a private one?"""
    folded = words.casefold()
    return any(word in folded for word in _PRIVATE)


def same_title(name: str, title: str, *, cut: bool = False) -> bool:
    """Can the accessible ``name`` be that of the window with this title? Some put words before the browser's own name.

    A name that was ``cut`` short is compared as far as it goes.
    """
    said, wanted = " ".join(name.split()), _ENDINGS.sub("", " ".join(title.split()))
    return bool(wanted) and said.startswith(wanted[: len(said)] if cut and said else wanted)


def least(shown: Iterable[Shown]) -> Shown:
    """The one of several that lets out least; ``open`` if there are none."""
    return min(shown, key=_ORDER.index, default="open")


def judge_title(wm_class: str, title: str, *, browser: bool) -> Shown:
    """What a window's class and title alone say. A browser's may then still be anything."""
    if browser and says_private(title):
        return "private_window"
    if sensitive_words([title]):
        return "sensitive_site"
    return "others" if others_write(wm_class) else "open"


def judge_page(rule: AppRule, wm_class: str, page: Page | None) -> Shown:
    """What may come out of a window of ``rule`` that shows ``page``; ``None`` if nothing is known of it."""
    try:
        return _judge(rule, wm_class, page or Page())
    except Exception:  # noqa: BLE001 - fail closed, whatever happened
        return "not_decided"


def disclosed_site(rule: AppRule, host: str) -> bool:
    """Does the rule, which names sites, name this one?"""
    host = host.casefold().strip(".")
    return any(
        host == site or (site.startswith("*.") and (host == site[2:] or host.endswith(site[1:]))) for site in rule.sites
    )


def _judge(rule: AppRule, wm_class: str, page: Page) -> Shown:
    parts = urlsplit(page.address.strip())
    scheme, host, path = parts.scheme.casefold(), (parts.hostname or "").casefold(), parts.path or "/"
    web = scheme in _WEB and bool(host)
    if page.private or says_private(page.title):
        return "private_window"
    if (web and sensitive_host(host, path)) or sensitive_words([page.title, *page.headings]):
        return "sensitive_site"
    if page.asks or (web and log_in_place(host, path)):
        return "log_in"
    if web and host in _LOOPBACK and page.title.strip().startswith(OWN_TITLE):
        return "site_not_disclosed"
    if isinstance(rule, NarrowedRule) and web and below(host, rule.left_out):
        return "site_not_disclosed"
    if rule.sites and not (web and disclosed_site(rule, host)):
        return "site_not_disclosed"
    if not page.address:
        return "not_decided"
    if not web and scheme not in _LOCAL and page.address != "about:blank":
        return "site_not_disclosed"
    return "others" if others_write(wm_class, host, path) else "open"
