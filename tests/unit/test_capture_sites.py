"""What of an address, and of a window's title, may be believed and told?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.formats.fields import encode_json
from aboveboard.formats.recording import Site
from aboveboard.recorder.capture.sites import NO_SITE, site_of
from aboveboard.rules.pages import says_private


@pytest.mark.parametrize(
    ("address", "host", "url"),
    [
        ("https://example.org/a?b=c#d", "example.org", "https://example.org/a?b=c"),
        ("https://anna:word@example.org:8443/", "example.org", "https://example.org:8443/"),
        ("https://anna@example.org/", "example.org", "https://example.org/"),
        ("http://[::1]:80/x", "::1", "http://[::1]:80/x"),
        ("HTTPS://Example.ORG/A", "example.org", "https://example.org/A"),
        ("file:///home/anna/diary.txt", "", "file:"),
        ("data:text/html,words", "", "data:"),
        ("blob:https://example.org/words", "", "blob:"),
        ("chrome://settings/passwords", "", "chrome:"),
        ("about:blank", "", "about:"),
        ("javascript:words", "", "javascript:"),
        ("words", "", ""),
        ("", "", ""),
        ("https://", "", "https:"),
        ("https://[words/", "", ""),
        ("https://example.org:words/", "", ""),
    ],
)
def test_an_address_is_brought_down_to_what_may_be_told(address: str, host: str, url: str) -> None:
    assert site_of(address) == Site(host=host, url=url)


hosts = st.from_regex(r"[a-z]{1,10}\.[a-z]{2,5}", fullmatch=True)
words = st.from_regex(r"[A-Za-z0-9]{4,12}", fullmatch=True)


@given(hosts, words, words, words, st.sampled_from(["http", "https"]))
def test_no_user_password_or_fragment_is_told(host: str, user: str, password: str, fragment: str, scheme: str) -> None:
    site = site_of(f"{scheme}://{user}U:{password}P@{host}/path?query=1#{fragment}F")
    assert site == Site(host=host, url=f"{scheme}://{host}/path?query=1")


@given(st.text(max_size=300) | st.text(max_size=300).map(lambda text: "https://" + text))
def test_any_address_gives_a_site_that_can_be_written(address: str) -> None:
    site = site_of(address)
    assert len(site.host) <= 255
    assert len(site.url) <= 4000
    assert site == NO_SITE or site.url
    encode_json(site)


def test_private_windows_are_known_by_their_title() -> None:
    assert says_private("Order - Chromium (Incognito)")
    assert says_private("Order — Mozilla Firefox Private Browsing")
    assert says_private("Bestellung - Chromium (Inkognito)")
    assert not says_private("Order - Chromium")
    assert not says_private("")
