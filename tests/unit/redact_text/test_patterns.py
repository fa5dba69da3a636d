"""Is what shows personal data by its form covered, all of it, as what it is; and is ordinary text left alone?

A case marks with ⟦kind:…⟧ what has to be covered; everything else in it has to stay. The numbers are made up, with
check digits that are right, or are published as examples.
"""

import re

import pytest

from aboveboard.recorder.redact.text.finding import KINDS, resolve
from aboveboard.recorder.redact.text.patterns.detector import PatternDetector

DETECTOR = PatternDetector()
_MARK = re.compile(r"⟦([a-z_]+):([^⟧]*)⟧")

FOUND = """
pay by card ⟦card:4111 1111 1111 1111⟧ exp ⟦card:05/27⟧ cvv ⟦card:123⟧ please
the number ⟦card:5555-5555-5555-4444⟧ and then ⟦card:378282246310005⟧
to ⟦account:DE89 3704 0044 0532 0130 00⟧ or ⟦account:GB29NWBK60161331926819⟧ by tomorrow
account no. ⟦account:12-345678⟧ and sort code ⟦account:12-34-56⟧
hers is ⟦national_number:078-05-1120⟧ I think
NINO ⟦national_number:AB 12 34 56 C⟧.
hier ⟦national_number:65 170839 J 003⟧ steht sie
⟦tax:86 095 742 719⟧ heißt Steuer-ID, hier ⟦national_number:86095742719⟧
il codice è ⟦national_number:RSSMRA85T10A562S⟧, grazie
⟦national_number:12345678Z⟧ y ⟦national_number:X1234567L⟧
son numéro ⟦national_number:2 95 10 99 126 111 93⟧ est là
⟦national_number:756.9217.0769.85⟧ und ⟦national_number:85.07.30-033.28⟧
⟦national_number:111.444.777-35⟧ com ⟦tax:11.222.333/0001-81⟧
PESEL ⟦national_number:44051401359⟧, hetu ⟦national_number:131052-308T⟧
⟦national_number:811228-9874⟧ i ⟦place:Sverige⟧
passport no. ⟦licence:C01X00T47⟧ and driver's license ⟦licence:D1234567⟧
patient id ⟦health:0042317⟧ and ⟦health:1EG4-TE5-MK73⟧ today
mistyped SSN ⟦national_number:123-45-678⟧ still hides
your code is ⟦code:123456⟧. Then ⟦code:987654⟧ is your login code
Ihr Code lautet ⟦code:123 456⟧ und die PIN: ⟦code:0815⟧
G-number: your verification code ⟦code:G-543210⟧
call me at ⟦phone:(555) 123-4567 x12⟧ or ⟦phone:+49 30 1234567⟧ or ⟦phone:020 7946 0958⟧
Tel. ⟦phone:030/1234567⟧, Fax ⟦phone:0171 1234567⟧
Mon numéro : ⟦phone:01 23 45 67 89⟧ et ⟦phone:0033 1 23 45 67 89⟧
ring ⟦phone:22 33 44 55⟧ i morgen
ring ⟦phone:31-12-44-55⟧ or ⟦phone:01.02.33.44.55⟧, not on ⟦date:31-12-44⟧
電話 ⟦phone:０３－１２３４－５６７８⟧ か ⟦mail:nora＠example.org⟧ へ
⟦national_number:11010519491231002X⟧ and ⟦national_number:800101-2345678⟧
mail ⟦mail:nora.quill+x@mail.example.org⟧ or ⟦mail:nora [at] example [dot] org⟧.
see ⟦web:https://intern.example.org/a?b=c#d⟧. Or ⟦web:example.de⟧ and ⟦web:www.report.py⟧!
⟦network:10.0.0.1⟧, ⟦network:fe80::1⟧, ⟦network:2001:db8:0:0:0:0:0:1⟧ and ⟦network:00:1b:44:11:3a:b7⟧
he was born on ⟦birth_date:5 November 1980⟧ and left ⟦date:05/11/2001⟧
geboren am ⟦birth_date:5. März 1980⟧, Termin ⟦date:05.03.2021⟧
le ⟦date:3 mai 2021⟧ et ⟦date:2021-05-04T10:00:00Z⟧
nacido el ⟦birth_date:5 de noviembre de 1980⟧
⟦date:Monday, November 5th, 1980⟧ then ⟦date:Nov-1980⟧ then in ⟦date:1998⟧
she is ⟦age:41⟧, aged ⟦age:41⟧; ⟦age:41⟧ years old; a ⟦age:6⟧-month-old
⟦age:41⟧ ans, ⟦age:41⟧ Jahre alt, ⟦age:41⟧-jährig; children of ⟦age:7⟧ and ⟦age:9⟧ years old
⟦title:Mr.⟧ ⟦name:Smith⟧ met ⟦title:Frau⟧ ⟦name:Müller⟧ and ⟦title:Miss⟧ ⟦name:Jones⟧, her ⟦title:Dr.⟧ too
⟦title:Herrn⟧ ⟦name:Jürgen von Obermüller⟧ sagte ⟦title:Mme⟧ ⟦name:Anne-Laure D. Petit⟧ ab
two ⟦group:Peruvians⟧, a ⟦group:Frisian⟧, a ⟦group:Norwegian⟧ and a ⟦group:Buddhist⟧ from ⟦place:Norway⟧
we met in ⟦place:Reading⟧ and moved to ⟦place:San Francisco⟧
Meet me at ⟦address:12 North Main Street, Apt. 4, Springfield, IL 62704⟧ please
Sie wohnt ⟦address:Hauptstraße 12a, 10115 Berlin⟧. Danke
chez ⟦address:12 rue de la Paix, 75002 Paris⟧
in ⟦address:Calle Mayor, 5, 28013 Madrid⟧
at ⟦address:25 old mill road⟧ now
na ⟦address:ul. Długa 5/3, 80-831 Gdańsk⟧
at ⟦address:Flat 5↵Jones Mews↵New Town↵SW1A 1AA⟧ since May
⟦address:Am Markt 3, 99423 Weimar⟧
she lives at ⟦address:7 Koskenranta 25, Apt. 8⟧ and that is all
his address is ⟦address:Vesper 12⟧ I heard
we met at ⟦address:81 Alder Unit 5⟧ yesterday
⟦address:9 Mill Road↵Perth PH1 5AA⟧↵Mobile: ⟦phone:0131 496 0000⟧
⟦address:9 Mill Road, Mobile, AL 36602⟧ is in ⟦place:Alabama⟧
⟦address:P.O. Box 123, Dallas, TX 75201⟧
zip code ⟦address:90210⟧
"""

LEFT = """
1 234 567 people paid 100,000 dollars in v1.2.3.4 on page 12 of 20
the build 20231342 failed 12345678 times with error code 80070005
order 123456789012 shipped, 4111 1111 1111 1112 was mistyped
report.py, notes.md and run.sh are files; e.g. this one, i.e. that
it may march on; we will set the order, and see the sun
the polish of the table is nice; I was reading in the bath
translate the text into German with the English dictionary
I am 5 minutes late and 100% sure; he is 2 km away
Am Montag kommen 12 Leute, im Sommer 300
take 5 steps down the road to the park
you miss the point: general rules apply
ratio 3:4:5, time 10:30, range 10-20, a--b, 1/2
the code is clean and the pin is out
it took 20 ms Read and 5 ms Write; an Ed25519 public key in its one account
see section 2.1.3.2 and call 65536
version 10.2.1 of 3 modules; sections 1.2.3 and 4.5.6
he runs for president since the court said so
"""


def _cases(text: str) -> list[str]:
    return [line.replace("↵", "\n") for line in text.strip().splitlines()]


def _places(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in resolve(DETECTOR.find(text))]


@pytest.mark.parametrize("case", _cases(FOUND))
def test_what_shows_by_its_form_is_covered_as_what_it_is(case: str) -> None:
    assert _places(_MARK.sub(r"\2", case)) == _MARK.findall(case)


@pytest.mark.parametrize("case", _cases(LEFT))
def test_ordinary_text_is_left_alone(case: str) -> None:
    assert _places(case) == []


def test_only_the_kinds_that_are_wanted_are_found() -> None:
    text = "mail nora@example.org or call +49 30 1234567"
    assert {one.kind for one in PatternDetector(kinds=["mail"]).find(text)} == {"mail"}
    assert {one.kind for one in PatternDetector(kinds=KINDS).find(text)} >= {"mail", "phone"}


def test_a_wrong_check_digit_alone_is_no_number_of_a_state() -> None:
    assert _places("number 756.9217.0769.84 here") == []
    assert _places("number RSSMRA85T10A562T here") == []
