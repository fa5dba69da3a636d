"""A grant for the pointer opens the pointer: not by what the lab's code keeps away, but by the keys that there are.

The researcher here runs code of their own, with the keyholder's answer and the sealed bytes; and whoever stands between
puts segments together anew. Each protection is taken away in turn, and the attack must then work.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.errors import AboveboardError, BadInput, Refused, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import age_header, entry, grant, parts
from aboveboard.formats.entry import Released
from aboveboard.formats.envelope import decode_base64, encode_base64
from aboveboard.formats.grant import Grant
from aboveboard.formats.mcap_file import Item, write_recording
from aboveboard.formats.part_files import write_parts
from aboveboard.formats.parts import ALWAYS, MAGIC, PARTS, PartName
from aboveboard.formats.release import ReleaseAnswer
from aboveboard.keyholder import release as steps
from aboveboard.sealing import reseal, seal_parts, unseal
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal import seal
from aboveboard.sealing.unseal import unseal_keys, unseal_parts
from samples.keyholder_programme import Participant, Programme, Segment, ask
from samples.lab_opening import open_all
from samples.lab_recording import segment, typing
from samples.lab_world import LabWorld, Stored
from samples.witness_process import WitnessProcess, running_witness

WORDS: dict[PartName, bytes] = {name: b"what only the part %s says" % name.encode() for name in PARTS}


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def programme(tmp_path: Path, witness: WitnessProcess) -> Iterator[Programme]:
    made = Programme(tmp_path, [witness])
    yield made
    made.close()


def sealed_for(ada: Participant) -> Segment:
    sealed = seal_parts.seal_parts(WORDS, [ada.identity.recipient, ada.recipient])
    return Segment(new_id(Kind.SEGMENT), ada.person_id, b"", sealed)


def released(programme: Programme, granted: Grant, one: Segment) -> ReleaseAnswer:
    return steps.release(programme.desk, programme.vault.public, ask(granted, [one]))


def opened_by(answer: ReleaseAnswer, one: Segment, identity: Identity) -> set[PartName]:
    """Which parts a researcher opens who tries everything that they were given on everything that there is."""
    [key] = answer.keys
    released_file = decode_base64(key.sealed)
    given = unseal_keys(released_file, identity).values()
    derived = [key for each in given for key in seal_parts.keys_of_parts(each, PARTS).values()]
    mixed = [bytes(a ^ b for a, b in zip(one_key, other, strict=True)) for one_key, other in product(given, given)]
    hashed = [hashlib.sha256(each).digest()[:16] for each in given]
    found = set()
    for name, secret in product(PARTS, [*given, *derived, *mixed, *hashed, released_file[-16:], bytes(16)]):
        try:
            found.add(name) if unseal_parts(one.sealed, {name: secret}) == {name: WORDS[name]} else None
        except AboveboardError:
            continue
    for header in (age_header.split(released_file)[0], age_header.split(one.sealed)[0]):
        try:
            found |= unseal.unseal_segment(age_header.swap(one.sealed, header), identity).keys()
        except AboveboardError:
            continue
    return found


@pytest.mark.parametrize("kinds", [["pointer"], ["screen", "control"], ["window", "site"]])
def test_a_grant_opens_its_kinds_and_nothing_else_and_the_ledger_says_which(
    programme: Programme, kinds: list[PartName]
) -> None:
    ada = programme.enrol()
    one = sealed_for(ada)
    answer = released(programme, programme.granted([ada], kinds=kinds), one)
    assert opened_by(answer, one, programme.researcher_identity) == {ALWAYS, *kinds}
    logged = entry.decode(answer.keys[0].readable.encode())
    assert isinstance(logged, Released)
    assert logged.kinds == kinds
    # The person, and the keyholder's own key, open all of it.
    assert unseal.unseal_segment(one.sealed, ada.identity) == WORDS


def all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keyholder hands out every part's key, whatever was granted."""
    monkeypatch.setattr(steps, "granted_parts", lambda _: PARTS)


def one_key_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part's key does not follow from its name."""
    for module in (seal_parts, reseal, unseal):
        monkeypatch.setattr(module, "keys_of_parts", lambda root, names: dict.fromkeys(names, root))


@pytest.mark.parametrize("without", [all_parts, one_key_for_all])
def test_without_it_the_pointer_opens_the_screen(
    programme: Programme, monkeypatch: pytest.MonkeyPatch, without: Callable[[pytest.MonkeyPatch], None]
) -> None:
    ada = programme.enrol()
    without(monkeypatch)
    one = sealed_for(ada)
    answer = released(programme, programme.granted([ada], kinds=["pointer"]), one)
    assert opened_by(answer, one, programme.researcher_identity) == set(PARTS)


def edited(programme: Programme, narrow: Grant) -> Grant:
    """The vault writes more kinds into the signed request, and leaves the signature."""
    request = grant.decode_request(narrow.request.body())
    wider = grant.encode(msgspec.structs.replace(request, kinds=["pointer", "keystrokes"]))
    return msgspec.structs.replace(
        narrow, request=msgspec.structs.replace(narrow.request, payload=encode_base64(wider))
    )


def signed_by_the_vault(programme: Programme, narrow: Grant) -> Grant:
    request = grant.decode_request(narrow.request.body())
    wider = msgspec.structs.replace(request, kinds=["pointer", "keystrokes"])
    return msgspec.structs.replace(narrow, request=programme.sign_request(wider, programme.vault))


def signed_by_the_researcher(programme: Programme, narrow: Grant) -> Grant:
    """Who asks is in it too: the approvals are still for what was shown to the approvers."""
    request = grant.decode_request(narrow.request.body())
    wider = msgspec.structs.replace(request, kinds=["pointer", "keystrokes"])
    return msgspec.structs.replace(narrow, request=programme.sign_request(wider))


@pytest.mark.parametrize("kept_first", [False, True], ids=["new", "kept as it was granted"])
@pytest.mark.parametrize("widen", [edited, signed_by_the_vault, signed_by_the_researcher])
def test_a_request_that_is_edited_to_say_more_kinds_opens_no_more(
    programme: Programme, widen: Callable[[Programme, Grant], Grant], *, kept_first: bool
) -> None:
    ada = programme.enrol()
    one, narrow = sealed_for(ada), programme.granted([ada], kinds=["pointer"])
    if kept_first:
        released(programme, narrow, one)
    try:
        answer = released(programme, widen(programme, narrow), one)
    except Refused:
        return
    assert kept_first, "nothing was granted under this id"
    assert opened_by(answer, one, programme.researcher_identity) == {ALWAYS, "pointer"}


def test_without_the_approvals_being_for_exactly_this_request_it_would(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = programme.enrol()
    one, narrow = sealed_for(ada), programme.granted([ada], kinds=["pointer"])
    monkeypatch.setattr(steps.policy, "may_release_of", lambda *_, **__: steps.policy.ALLOWED)
    answer = released(programme, signed_by_the_researcher(programme, narrow), one)
    assert opened_by(answer, one, programme.researcher_identity) == {ALWAYS, "pointer", "keystrokes"}


# What the vault, which the lab does not trust, could put together from the segments that it has.


def rest_of(sealed: bytes) -> tuple[bytes, dict[PartName, bytes]]:
    header, rest = age_header.split(sealed)
    return header, parts.split(rest)


def exchanged(sealed: bytes, _: bytes) -> bytes:
    header, found = rest_of(sealed)
    return header + parts.join(found | {"pointer": found["keystrokes"], "keystrokes": found["pointer"]})


def labels_swapped(sealed: bytes, _: bytes) -> bytes:
    header, rest = age_header.split(sealed)
    table = bytearray(rest[len(MAGIC) : len(MAGIC) + 5 * len(PARTS)])
    table[10], table[15] = table[15], table[10]
    return header + MAGIC + bytes(table) + rest[len(MAGIC) + len(table) :]


def cut(sealed: bytes, _: bytes) -> bytes:
    header, found = rest_of(sealed)
    return header + parts.join(found | {"screen": found["screen"][:-1]})


def left_out(sealed: bytes, _: bytes) -> bytes:
    header, rest = age_header.split(sealed)
    found = parts.split(rest)
    end = len(rest) - len(found["control"])
    return header + rest[: len(MAGIC) + 5 * (len(PARTS) - 1)] + rest[len(MAGIC) + 5 * len(PARTS) : end]


def emptied(sealed: bytes, _: bytes) -> bytes:
    header, found = rest_of(sealed)
    return header + parts.join(found | {"keystrokes": bytes(32)})


def from_another(sealed: bytes, other: bytes) -> bytes:
    header, found = rest_of(sealed)
    return header + parts.join(found | {"keystrokes": rest_of(other)[1]["keystrokes"]})


def all_from_another(sealed: bytes, other: bytes) -> bytes:
    return age_header.split(sealed)[0] + age_header.split(other)[1]


def old_layout(sealed: bytes, _: bytes) -> bytes:
    """As segments were sealed when one key opened all of it."""
    made = seal(write_recording(_items("ses_" + "0" * 26)), [Identity.generate().recipient])
    return age_header.swap(made, age_header.split(sealed)[0])


def newer_layout(sealed: bytes, _: bytes) -> bytes:
    return sealed.replace(MAGIC, MAGIC[:-1] + b"\x02")


LIES = [
    exchanged,
    labels_swapped,
    cut,
    left_out,
    emptied,
    from_another,
    all_from_another,
    old_layout,
    newer_layout,
]


def _items(session_id: str) -> list[Item]:
    return segment(session_id, 0, "what was typed in this one")


def put_together(lie: Callable[[bytes, bytes], bytes]) -> tuple[LabWorld, str]:
    """A world whose vault holds what ``lie`` makes of two segments of one person, and a manifest that fits it."""
    made = LabWorld(kinds=[name for name in PARTS if name != ALWAYS])
    person_id, session_id, other_id = made.enrol(), new_id(Kind.SESSION), new_id(Kind.SESSION)
    made.upload(person_id, session_id, 0, _items(session_id))
    made.upload(person_id, other_id, 0, _items(other_id))
    one, other = made.stored
    sealed = lie(one.sealed, other.sealed)
    digest = hashlib.sha256(sealed).hexdigest()
    manifest = msgspec.structs.replace(one.manifest, size_bytes=len(sealed), sha256=digest)
    made.stored = [Stored(manifest, sealed)]
    return made, made.grant()


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_parts_that_were_put_together_otherwise_are_refused(lie: Callable[[bytes, bytes], bytes]) -> None:
    with pytest.raises((BadInput, Tampered)) as caught:
        open_all(*put_together(lie))
    if lie in (old_layout, newer_layout):
        assert "not divided into parts" in caught.value.what
        assert "version" in caught.value.cause


def test_as_it_was_sealed_it_opens() -> None:
    [one] = open_all(*put_together(lambda sealed, _: sealed))
    assert len(one.items) > 5


def test_without_keys_that_follow_from_the_name_an_exchange_goes_on_to_what_each_part_may_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two protections stand one behind the other: without the first the second refuses, without both nothing does."""
    one_key_for_all(monkeypatch)
    with pytest.raises(BadInput, match="its part keystrokes holds /"):
        open_all(*put_together(exchanged))
    monkeypatch.setattr("aboveboard.formats.part_files.PART_OF_TOPIC", _Anything())
    assert open_all(*put_together(exchanged))


class _Anything(dict[str, PartName]):
    """Every topic belongs wherever it lies."""

    def __getitem__(self, topic: str) -> Any:
        return _Equal(parts.PART_OF_TOPIC[topic])


class _Equal(str):
    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def more_keys(answer: dict[str, Any], made: LabWorld) -> None:
    """The keyholder is told to hand out, and hands out, more than was granted: the lab does not take it."""
    manifest = made.find(answer["keys"][0]["segment_id"]).manifest
    header = age_header.split(made.find(manifest.segment_id).sealed)[0]
    every = reseal.release_parts(header, made.custody[manifest.person_id], made.identity.recipient, PARTS)
    answer["keys"][0]["sealed"] = encode_base64(every)


def test_the_lab_takes_no_keys_that_were_not_granted() -> None:
    made = LabWorld(kinds=["pointer"])
    person_id, session_id = made.enrol(), new_id(Kind.SESSION)
    made.upload(person_id, session_id, 0, _items(session_id))
    grant_id = made.grant()
    made.lie = lambda answer: more_keys(answer, made)
    with pytest.raises(Tampered, match="not those of the granted parts"):
        open_all(made, grant_id)


# What the vault sees of a segment: its size, and the sizes of its parts.


def sizes(words: Sequence[str]) -> set[tuple[int, ...]]:
    """Of segments in which these were typed."""
    found = set()
    for each in words:
        session_id = new_id(Kind.SESSION)
        quiet = [item for item in segment(session_id, 0, "") if item.time_ns == segment(session_id, 0, "")[0].time_ns]
        plain = write_parts([*quiet, *typing(each, 100, gap_ms=60)])
        _, found_parts = rest_of(seal_parts.seal_parts(plain, [Identity.generate().recipient]))
        found.add(tuple(map(len, found_parts.values())))
    return found


TYPED = ["", "x", "a few words", "as much as a fast typist gets done in five seconds, if that"]


def test_the_vault_does_not_see_whether_or_how_much_was_typed() -> None:
    assert len(sizes(TYPED)) == 1


def test_without_the_padding_it_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "padded_size", lambda _, size_bytes: size_bytes)
    assert len(sizes(TYPED)) == len(TYPED)
