"""Which tables are there of the fleet? The rest, and the metadata of all, are in ``tables``."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text

from aboveboard.vault.storage.sql.tables import ID, metadata

device_states = Table(
    "device_states",
    metadata,
    Column("device_id", ID, ForeignKey("devices.device_id"), primary_key=True),
    Column("asked_at_ns", BigInteger, nullable=False),
    Column("answer", String(40), nullable=False),
    Column("version", String(200), nullable=False),
    Column("lease_until_ns", BigInteger, nullable=False),
    Column("frame_ns", BigInteger, nullable=False),
)
pause_reports = Table(
    "pause_reports",
    metadata,
    Column("pause_id", ID, ForeignKey("pauses.pause_id"), primary_key=True),
    Column("people", Integer, nullable=False),
    Column("report", Text),
    Column("stragglers", Text),
)
pause_stops = Table(
    "pause_stops",
    metadata,
    Column("pause_id", ID, ForeignKey("pause_reports.pause_id"), primary_key=True),
    Column("device_id", ID, ForeignKey("devices.device_id"), primary_key=True),
    Column("lease_until_ns", BigInteger, nullable=False),
    Column("lease_at_ns", BigInteger, nullable=False),
    Column("refused_at_ns", BigInteger, nullable=False),
    Column("frame_ns", BigInteger, nullable=False),
    Column("intake_at_ns", BigInteger, nullable=False),
    Column("offered_ns", BigInteger, nullable=False),
)
drills = Table(
    "drills",
    metadata,
    Column("drill_id", ID, primary_key=True),
    Column("envelope", Text, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("duration_ns", BigInteger, nullable=False),
    Column("pause_id", ID, nullable=False, unique=True),
    Column("state", String(10), nullable=False),
    Column("received_at_ns", BigInteger, nullable=False),
)
exemptions = Table(
    "exemptions",
    metadata,
    Column("exemption_id", ID, primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("envelope", Text, nullable=False),
    Column("person_id", ID),
    Column("pause_id", ID),
    Column("until_ns", BigInteger, nullable=False),
    Column("received_at_ns", BigInteger, nullable=False),
)
