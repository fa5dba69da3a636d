"""Is each kind of thing that the project promises to cover covered by the detectors together, all of it?

Everything is made up. Of what stands in ⟦…⟧ not a letter or digit may be left; the words around it stay.
"""

import re

import pytest

from aboveboard.recorder.redact.text.detectors import Options, load
from aboveboard.recorder.redact.text.finding import KINDS
from aboveboard.recorder.redact.text.redactor import Redactor

CUSTOMERS = (r"KD-\d{6}", r"case [A-Z]{2}/\d+")
_MARK = re.compile(r"⟦([^⟧]*)⟧")

COVERED = {
    "names": """
Please forward this to ⟦Nora Quill⟧ before noon
Dear ⟦Mr. Abernathy⟧, thank you for your order
⟦Dr. Zanele Mokoena⟧ will call you back tomorrow
Meeting with ⟦Priya Raghunathan⟧ and ⟦Tomasz Wójcik⟧
my colleague ⟦Oluwaseun Adeyemi⟧ is on holiday
Assigned to: ⟦Kjersti Bråthen⟧
I spoke to ⟦Kim Min-jun⟧ about the invoice
Bitte rufen Sie ⟦Herrn Jürgen Obermüller⟧ zurück
""",
    "addresses": """
Ship it to ⟦48 Larkfield Road, Bristol BS7 9QX⟧ please
Sie wohnt in der ⟦Lindenallee 14, 50968 Köln⟧
Address: ⟦1207 Juniper Ave, Apt 3B, Boulder, CO 80302⟧
livrez au ⟦27 rue des Tanneurs, 44000 Nantes⟧
""",
    "phones": """
call me at ⟦+44 20 7946 0991⟧
Tel. ⟦(312) 555-0188⟧
Mobil ⟦0151 23456789⟧
her phone: ⟦60-56-14-91⟧
appelez le ⟦06 39 98 12 34⟧
Telefon: ⟦+48 601 234 567⟧
ring me on ⟦+91 98765 43210⟧
电话 ⟦138 0013 8000⟧
""",
    "mail": "write to ⟦nora.quill@example.org⟧",
    "cards": """
card ⟦4111 1111 1111 1111⟧
⟦5555555555554444⟧ is my card
""",
    "IBAN": """
IBAN ⟦DE89 3704 0044 0532 0130 00⟧
pay to ⟦FR14 2004 1010 0505 0001 3M02 606⟧
""",
    "national numbers": """
SSN ⟦078-05-1120⟧
hers is ⟦AB123456C⟧, I think
codice fiscale ⟦RSSMRA85T10A562S⟧
DNI ⟦12345678Z⟧
PESEL ⟦44051401359⟧
CPF ⟦111.444.777-35⟧
personnummer ⟦811228-9874⟧
AHV ⟦756.9217.0769.85⟧
Aadhaar ⟦2341 2341 2346⟧
passport number ⟦C01X00T47⟧
""",
    "dates of birth": """
born ⟦14 March 1987⟧
DOB: ⟦03/14/1987⟧
geboren am ⟦14.03.1987⟧
""",
    "health": """
NHS number ⟦943 476 5919⟧
Medicare ⟦1EG4-TE5-MK73⟧
patient id ⟦0042317⟧
""",
    "tax": """
Steuer-ID ⟦86 095 742 719⟧
EIN ⟦12-3456789⟧
""",
    "API keys and tokens": """
key ⟦AKIAQ4TZ7WJ2LMX5RVN3⟧
token = ⟦ghp_9fKq2ZxW7vLm4RtY8bNc3HsJ6dPa1GeUo5Xi⟧
Authorization: Bearer ⟦eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MjE3In0.n7ZQ2kXv5rTq8mWb3LpYc9HsJd4GfAe1UoRi6NtBxKw⟧
""",
    "private keys": "⟦-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ4mZ0v8R3QyT6wKxN1bHcLsVdPa7GeUoXi2fWqYtJzB\n"
    "-----END PRIVATE KEY-----⟧",
    "passwords in the clear": """
password: ⟦tr0ub4dor&3x⟧
Passwort = ⟦Sommer!2041⟧
""",
    "one-time codes": "your code is ⟦493021⟧",
    "customers": """
about ⟦KD-004711⟧ and ⟦KD-004712⟧
see ⟦case AB/77⟧
""",
}


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    loaded = load(Options(customers=CUSTOMERS))
    assert not loaded.uncovered(frozenset(KINDS))
    return Redactor(loaded.detectors)


def _cases() -> list[tuple[str, str]]:
    return [
        (kind, case)
        for kind, cases in COVERED.items()
        for case in (cases.strip().splitlines() if "BEGIN" not in cases else [cases])
    ]


@pytest.mark.parametrize(("kind", "case"), _cases())
def test_all_of_it_is_covered_and_the_sentence_is_not(redactor: Redactor, kind: str, case: str) -> None:
    text = _MARK.sub(r"\1", case)
    findings = redactor.find(text)
    assert findings is not None
    left = list(text)
    for one in findings:
        left[one.start : one.end] = "·" * (one.end - one.start)
    shift, wanted = 0, set()
    for one in _MARK.finditer(case):
        start = one.start() - shift
        wanted |= set(range(start, start + len(one[1])))
        shift += 2
    assert [text[place] for place in sorted(wanted) if left[place].isalnum()] == [], kind
    outside = [place for place in range(len(text)) if place not in wanted and text[place].isalpha()]
    assert not outside or sum(left[place] != "·" for place in outside) >= 0.7 * len(outside), "".join(left)
