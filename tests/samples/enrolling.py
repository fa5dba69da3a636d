"""A vault to enrol with: honest, or lying in whatever way a test says; it remembers what it was given."""

from typing import Any

from aboveboard.base.errors import Unavailable
from aboveboard.commands import enrol
from aboveboard.formats import disclosure, enrolment, envelope, key_statement
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.enrolment import EnrolmentAnswer
from aboveboard.sealing.signatures import SigningKey
from samples.recorder_world import Participant


class Vault:
    """Answers as an honest vault would, with ``who``'s keys behind it; remembers what it was given."""

    def __init__(self, who: Participant, signer: SigningKey | None = None, **statement: Any) -> None:
        self.who, self.signer, self.statement = who, signer or who.keyholder, statement
        self.disclosed_by = who.steward
        self.disclosed: Disclosure | None = None
        self.given: dict[str, bytes] = {}
        self.away = False

    def get(self, path: str) -> bytes:
        assert path == "/v1/disclosures/current"
        return envelope.encode(self.disclosed_by.sign(disclosure.PAYLOAD_TYPE, disclosure.encode(self.current())))

    def current(self) -> Disclosure:
        """What is disclosed now."""
        return self.disclosed or self.who.disclosure()

    def post(self, path: str, body: bytes) -> bytes:
        if self.away:
            raise Unavailable("the vault does not answer", cause="a test says so", fix="none")
        self.given[path] = body
        if path != "/v1/enrolments":
            return b"{}"
        asked = enrolment.decode_request(body)
        stated = self.who.statement(**{"person_key": asked.person_key, **self.statement})
        answer = EnrolmentAnswer(
            country="DE",
            cohort="",
            person_id=self.who.person_id,
            device_id=self.who.device_id,
            key_statement=self.signer.sign(key_statement.PAYLOAD_TYPE, key_statement.encode(stated)),
            steward_keys=[self.disclosed_by.public],
        )
        return enrolment.encode(answer)


def agree(question: enrol.Question) -> str:
    """Somebody who agrees, in the language in which the disclosure is written."""
    return question.disclosure.language
