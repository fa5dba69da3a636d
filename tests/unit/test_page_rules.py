"""May this page be recorded? The lists and the words by which that is decided."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.rules import pages
from aboveboard.rules.contexts import HOSTS, sensitive_host, sensitive_words
from aboveboard.rules.decision import Reason
from aboveboard.rules.disclosure import complete
from aboveboard.rules.log_in import asks_for_code, log_in_place
from aboveboard.rules.others import others_write, without_others
from aboveboard.rules.pages import Page, judge_page, judge_title, least, says_private
from samples.disclosed import app, disclosure
from samples.page_titles import SENSITIVE, WORK, texts

REPOSITORY = Path(__file__).parents[2]
ANY_SITE = app("Chromium", site="exact", control="exact")
NAMED = app("Chromium", site="exact", control="exact", sites=("crm.example.org", "*.shop.example"))
WORK_HOSTS = """
github.com crm.example.org databank.worldbank.org foodbank.example.org testbank.example.com docs.google.com
jira.example.com www.notion.so bank app.bank.test sparkasse.internal powerbank-shop.com linkedin.com
stackoverflow.com 10.0.0.7 localhost
mail-merge.example.com en.wikipedia.org embankment.org burbank.com www.southbank.example.org millbank.com
"""
PERSONAL_HOSTS = """
meine.sparkasse-nirgendwo.de online.volksbank-nirgendwo.de www.nirgendbank.de bank-of-nowhere.com my.nowhere.bank
suburbank.com secure.chase.com www.paypal.com www.elster.de www.irs.gov mail.proton.me web.de www.doctolib.de nhs.uk
tinder.com
www.igmetall.de de.indeed.com klinik-nirgendwo.de mychart.nowherehealth.org WWW.N26.COM
"""


def test_the_lists_are_what_they_seem() -> None:
    assert all(len(names) >= 15 for names in HOSTS.values())
    for names in HOSTS.values():
        for name in names:
            host, _, path = name.partition("/")
            assert sensitive_host(host, f"/{path}")
            assert sensitive_host(f"www.{host}", f"/{path}")
            assert host == host.casefold()
            assert "." in host


@pytest.mark.parametrize("host", WORK_HOSTS.split())
def test_a_host_of_work_is_not_sensitive(host: str) -> None:
    assert not sensitive_host(host)


@pytest.mark.parametrize("host", PERSONAL_HOSTS.split())
def test_a_host_that_nobody_should_collect_is(host: str) -> None:
    assert sensitive_host(host)


def test_a_path_can_be_what_is_sensitive() -> None:
    assert sensitive_host("www.linkedin.com", "/jobs/view/1")
    assert not sensitive_host("www.linkedin.com", "/in/somebody")


def test_few_titles_of_work_are_lost_and_few_of_the_others_kept() -> None:
    lost = [line for line in WORK if sensitive_words(texts(line))]
    kept = [line for line in SENSITIVE if not sensitive_words(texts(line))]
    assert len(WORK) >= 140
    assert len(lost) <= len(WORK) * 0.02, lost
    assert len(kept) <= len(SENSITIVE) * 0.05, kept


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("accounts.google.com", "/v3/signin"),
        ("login.microsoftonline.com", "/"),
        ("acme.okta.com", "/app/UserHome"),
        ("acme.eu.auth0.com", "/u/x"),
        ("crm.example.org", "/users/sign_in"),
        ("my.1password.com", "/vaults/all"),
        ("crm.example.org", "/wp-login.php"),
        ("crm.example.org", "/Login"),
        ("sso.example.org", "/"),
        ("crm.example.org", "/app/reset-password/abc"),
    ],
)
def test_where_one_logs_in(host: str, path: str) -> None:
    assert log_in_place(host, path)


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("crm.example.org", "/"),
        ("crm.example.org", "/authors/1"),
        ("docs.example.org", "/how-to-login"),
        ("login.de", "/"),
    ],
)
def test_where_one_does_not(host: str, path: str) -> None:
    assert not log_in_place(host, path)


@pytest.mark.parametrize(
    "name",
    ["Verification code", "Enter the 2FA code", "TAN", "photoTAN", "Your PIN", "OTP", "One-time password",
     "Sicherheitscode", "Code de vérification", "Código de verificación", "Codice di verifica", "Kod weryfikacyjny",
     "Код подтверждения",
     "验证码", "認証コード", "CVC", "Passcode", "Einmalpasswort"],
)  # fmt: skip
def test_a_field_for_a_code(name: str) -> None:
    assert asks_for_code([name])


@pytest.mark.parametrize(
    "name",
    ["Code", "Zip code", "Country code", "Coupon code", "Postcode", "Shipping", "Opinion", "Tantrum", "Spinner",
     "Option", "Name", "Discount code", "Standard", "Pinned", "Botany", "Article number", "Tank volume", ""],
)  # fmt: skip
def test_a_field_for_something_else(name: str) -> None:
    assert not asks_for_code([name])


@pytest.mark.parametrize(
    "attributes",
    [
        {"html-input-name": "totp"},
        {"id": "otp-input"},
        {"autocomplete": "one-time-code"},
        {"text-input-type": "password"},
    ],
)
def test_a_field_that_its_page_declares(attributes: dict[str, str]) -> None:
    assert asks_for_code([""], attributes)
    assert not asks_for_code([""], {"id": "search", "text-input-type": "text", "autocomplete": "name"})


def open_page(address: str, **more: Any) -> Page:
    return Page(address=address, title="Orders", **more)


@pytest.mark.parametrize(
    ("rule", "page", "shown"),
    [
        (ANY_SITE, None, "not_decided"),
        (NAMED, None, "site_not_disclosed"),
        (ANY_SITE, open_page("https://anything.example/"), "open"),
        (NAMED, open_page("https://anything.example/"), "site_not_disclosed"),
        (NAMED, open_page("https://crm.example.org/a"), "open"),
        (NAMED, open_page("https://CRM.example.org:8443/a"), "open"),
        (NAMED, open_page("https://crm.example.org.evil.example/"), "site_not_disclosed"),
        (NAMED, open_page("https://evilshop.example/"), "site_not_disclosed"),
        (NAMED, open_page("https://shop.example/"), "open"),
        (NAMED, open_page("https://a.b.shop.example/"), "open"),
        (NAMED, open_page("https://crm.example.org@evil.example/"), "site_not_disclosed"),
        (NAMED, open_page("data:text/html,words"), "site_not_disclosed"),
        (NAMED, open_page("about:blank"), "site_not_disclosed"),
        (ANY_SITE, open_page("data:text/html,words"), "open"),
        (ANY_SITE, open_page("about:blank"), "open"),
        (ANY_SITE, open_page("chrome://history/"), "site_not_disclosed"),
        (ANY_SITE, open_page("about:logins"), "site_not_disclosed"),
        (ANY_SITE, open_page("chrome-extension://abc/popup.html"), "site_not_disclosed"),
        (ANY_SITE, open_page("view-source:https://anything.example/"), "site_not_disclosed"),
        (ANY_SITE, open_page("https://[::1"), "not_decided"),
        (NAMED, open_page("https://crm.example.org/a", asks=True), "log_in"),
        (NAMED, open_page("https://crm.example.org/login"), "log_in"),
        (NAMED, open_page("https://crm.example.org/a", private=True), "private_window"),
        (NAMED, Page("https://crm.example.org/a", "Orders - Chromium (Incognito)"), "private_window"),
        (NAMED, Page("https://crm.example.org/a", "Online banking", ("Account overview",)), "sensitive_site"),
        (
            ANY_SITE,
            Page("http://127.0.0.1:4100/#mark", "Aboveboard · a data set - Chromium"),
            "site_not_disclosed",
        ),
        (ANY_SITE, Page("http://127.0.0.1:41000/", "Orders - Chromium"), "open"),
        (ANY_SITE, Page("https://docs.example/", "Aboveboard · an introduction - Chromium"), "open"),
        (ANY_SITE, open_page("https://www.nirgendbank.de/"), "sensitive_site"),
        (ANY_SITE, open_page("https://app.slack.com/client"), "others"),
        (ANY_SITE, open_page("https://mail.google.com/mail/u/0"), "others"),
        (ANY_SITE, open_page("https://cloud.example.org/apps/mail/box"), "others"),
    ],
)
def test_what_a_page_is_judged(rule: Any, page: Page | None, shown: str) -> None:
    assert judge_page(rule, "Chromium", page) == shown


def test_all_our_own_pages_are_known_by_their_title() -> None:
    found = [path for path in (REPOSITORY / "web").rglob("index.html") if "node_modules" not in path.parts]
    assert len(found) >= 3
    for path in found:
        (title,) = re.findall("<title>(.*?)</title>", path.read_text(encoding="utf-8"))
        assert judge_page(ANY_SITE, "Chromium", Page("http://127.0.0.1:5/", title)) == "site_not_disclosed", path


def test_an_error_while_judging_hides(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bool:
        raise RuntimeError

    monkeypatch.setattr(pages, "sensitive_host", broken)
    assert judge_page(ANY_SITE, "Chromium", open_page("https://anything.example/")) == "not_decided"


@given(st.text(max_size=300), st.text(max_size=100), st.lists(st.text(max_size=100), max_size=30))
def test_whatever_a_page_says_it_is_judged(address: str, title: str, headings: list[str]) -> None:
    page = Page(address, title, tuple(headings))
    assert judge_page(NAMED, "Chromium", page) in {
        "private_window", "sensitive_site", "log_in", "site_not_disclosed", "not_decided", "open",
    }  # fmt: skip


def test_titles_of_other_programs_are_judged_too() -> None:
    assert (
        judge_title("Evince", "Steuererklärung 2025 – Einkommensteuererklärung.pdf", browser=False) == "sensitive_site"
    )
    assert judge_title("Evince", "Orders.pdf", browser=False) == "open"
    assert judge_title("thunderbird", "Inbox", browser=False) == "others"
    assert judge_title("Firefox", "Orders — Mozilla Firefox Private Browsing", browser=True) == "private_window"
    assert judge_title("Gedit", "private window design.txt", browser=False) == "open"
    assert says_private("Commandes — Navigation privée de Mozilla Firefox")


def test_where_others_write_no_rule_tells_words() -> None:
    assert others_write("Slack")
    assert not others_write("Gedit")
    lowered = without_others(app("Slack", site="exact", control="exact"))
    told = (lowered.keystrokes, lowered.screen, lowered.window, lowered.site, lowered.control)
    assert told == ("redacted", "structure", "app", "host", "role")
    nothing = without_others(app("Slack", keystrokes="none", screen="none", window="none"))
    assert (nothing.keystrokes, nothing.screen, nothing.window, nothing.site) == ("none", "none", "none", "none")


def test_what_lets_out_least_counts() -> None:
    assert least(["open", "others", "log_in"]) == "log_in"
    assert least([]) == "open"


def test_a_disclosure_of_nothing_but_such_sites_is_refused() -> None:
    for sites in (("www.nirgendbank.de",), ("*.sparkasse.de", "login.microsoftonline.com")):
        decision = complete(disclosure(app("Chromium", sites=sites)))
        assert decision.reason is Reason.DISCLOSURE_SITES_NEVER
    assert complete(disclosure(app("Chromium", sites=("www.nirgendbank.de", "crm.example.org")))).allowed
