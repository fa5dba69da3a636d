"""A recording is an ordinary MCAP file: mcap's own reader reads it, and its schemas describe its messages."""

import io
import json

import jsonschema_rs
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from mcap.reader import make_reader
from mcap.writer import Writer

from aboveboard.base.errors import BadInput
from aboveboard.formats.mcap_file import Item, read_recording, topic_schema, write_recording
from aboveboard.formats.recording import (
    TOPICS,
    Button,
    Control,
    Covered,
    Display,
    Key,
    Keyboard,
    KeyCount,
    Marker,
    Monitor,
    Pen,
    Pointer,
    Scroll,
    Session,
    Site,
    Task,
    Timed,
    Touch,
    Window,
    topic_of,
)
from aboveboard.formats.screen_patch import ScreenPatch

BASE_NS = 1_800_000_000_000_000_000

EVENTS = [
    Session(
        session_id="ses_" + "0" * 26,
        sequence=3,
        screen_width=640,
        screen_height=480,
        platform="linux x11",
        recorder="aboveboard",
        clock_error_ns=500_000,
    ),
    Display(monitors=[Monitor(name="eDP-1", x=0, y=0, width=640, height=480, scale=1.25, primary=True)]),
    Keyboard(layout="de(nodeadkeys)"),
    Window(app="Browser", title="a page — ü", pid=12, x=0, y=0, width=640, height=480),
    Site(host="example.org", url="https://example.org/a?b=ü"),
    Pointer(x=-5, y=70),
    Button(button=1, pressed=True, x=3, y=4),
    Scroll(dx=0, dy=-0.25, x=3, y=4),
    Touch(finger=1, phase="begin", x=30, y=40),
    Pen(x=30, y=40, touching=True, pressure=0.5, tilt_x=-12.5),
    Key(keycode=28, keysym=116, name="t", text="", pressed=True, modifiers=["Control"], shortcut="Ctrl+T"),
    KeyCount(presses=7),
    Covered(placeholder="‹mail 2›", remains=False),
    Control(
        cause="choice",
        role="menu item",
        x=5,
        y=6,
        width=90,
        height=20,
        states=["enabled"],
        path=["frame: a page", "menu: File"],
        name="Save as…",
        options=["one", "two"],
        chosen="two",
    ),
    Task(what="end", instruction="send the form", outcome="success"),
    Marker(kind="suppressed", reason="password_field", start_ns=BASE_NS, end_ns=BASE_NS + 9, count=2),
]


def sample() -> list[Item]:
    items: list[Item] = [Timed(BASE_NS + place * 1_000_000, event) for place, event in enumerate(EVENTS)]
    items.insert(2, ScreenPatch(BASE_NS + 1_000_000, 0, 0, 640, 480, True, "png", b"\x89PNG whole"))
    items.append(ScreenPatch(BASE_NS + 60_000_000, 7, 8, 9, 10, False, "webp", b"RIFF part"))
    return items


def test_what_is_written_is_read() -> None:
    assert list(read_recording(write_recording(sample()))) == sample()


def test_the_same_items_make_the_same_bytes() -> None:
    assert write_recording(sample()) == write_recording(sample())


def test_every_topic_is_in_the_sample() -> None:
    assert {topic_of(event) for event in EVENTS} == set(TOPICS)


def test_mcaps_own_reader_reads_it_and_every_schema_describes_its_messages() -> None:
    reader = make_reader(io.BytesIO(write_recording(sample())), validate_crcs=True)
    assert reader.get_header().profile == "aboveboard"
    seen = 0
    for schema, channel, message in reader.iter_messages():
        assert schema is not None
        if channel.message_encoding == "json":
            assert schema.encoding == "jsonschema"
            jsonschema_rs.validator_for(json.loads(schema.data)).validate(json.loads(message.data))
        else:
            files = descriptor_pb2.FileDescriptorSet.FromString(schema.data)
            pool = descriptor_pool.DescriptorPool()
            for file in files.file:
                pool.Add(file)
            kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(schema.name))
            assert kind.FromString(message.data).data.startswith((b"\x89PNG", b"RIFF"))
        seen += 1
    assert seen == len(sample())


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_schema_is_valid_and_stands_alone(topic: str) -> None:
    schema = json.loads(topic_schema(topic))
    jsonschema_rs.meta.validate(schema)
    assert schema["type"] == "object"
    assert "$ref" not in json.dumps(schema)


def test_messages_come_in_order_of_time() -> None:
    late, early = Timed(BASE_NS + 5, Pointer(x=1, y=1)), Timed(BASE_NS, Pointer(x=2, y=2))
    assert list(read_recording(write_recording([late, early]))) == [early, late]


def foreign(topic: str = "/pointer", *, encoding: str = "json", profile: str = "aboveboard", **extra: bool) -> bytes:
    stream = io.BytesIO()
    writer = Writer(stream)
    writer.start(profile=profile)
    channel = writer.register_channel(topic, encoding, 0)
    writer.add_message(channel, BASE_NS, b'{"x":1,"y":2}', BASE_NS)
    if extra.get("attachment"):
        writer.add_attachment(0, 0, "notes.txt", "text/plain", b"hidden")
    if extra.get("metadata"):
        writer.add_metadata("notes", {"a": "b"})
    writer.finish()
    return stream.getvalue()


def test_a_plain_foreign_file_of_this_profile_is_read() -> None:
    assert list(read_recording(foreign())) == [Timed(BASE_NS, Pointer(x=1, y=2))]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(foreign("/clipboard"), id="unknown topic"),
        pytest.param(foreign("/screen"), id="screen as json"),
        pytest.param(foreign(encoding="cdr"), id="foreign encoding"),
        pytest.param(foreign(profile="ros2"), id="foreign profile"),
        pytest.param(foreign(attachment=True), id="attachment"),
        pytest.param(foreign(metadata=True), id="metadata"),
        pytest.param(foreign() + b"x", id="bytes after the end"),
        pytest.param(b"", id="empty"),
        pytest.param(b"not an mcap file", id="other bytes"),
        pytest.param(foreign()[:-1], id="one byte short"),
    ],
)
def test_what_is_not_a_recording_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        list(read_recording(data))


def test_a_chunk_that_unpacks_to_more_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_recording([Timed(BASE_NS + place, Pointer(x=1, y=1)) for place in range(1000)])
    monkeypatch.setattr("aboveboard.formats.mcap_file.PLAIN_LIMIT_BYTES", len(data))
    with pytest.raises(BadInput, match="unpacks to more"):
        list(read_recording(data))


def test_more_messages_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aboveboard.formats.mcap_file.MESSAGE_LIMIT", 3)
    with pytest.raises(BadInput, match="more than 3 messages"):
        list(read_recording(write_recording(sample())))


def test_what_whole_chunks_hold_is_recovered_from_a_file_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aboveboard.formats.mcap_file.CHUNK_BYTES", 200)
    items = sample()
    data = write_recording(items)
    counts = set()
    for size in range(len(data)):
        kept = list(read_recording(data[:size], recover=True))
        assert kept == items[: len(kept)]
        counts.add(len(kept))
    assert min(counts) == 0
    assert max(counts) == len(items)
    assert len(counts) > 3
