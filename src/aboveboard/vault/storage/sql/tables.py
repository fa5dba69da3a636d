"""Which tables are there? The newest schema; ``migrations`` lead to it, and a test compares the two."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)
ID = String(30)
HASH = String(64)
KEY = String(51)
COUNTRY = String(6)
COHORT = String(40)
GONE = "state NOT IN ('declared', 'stored')"
"""Of a segment that is destroyed or about to be: few are, so an index of them finds one among a year's at once."""

disclosures = Table(
    "disclosures",
    metadata,
    Column("sha256", HASH, primary_key=True),
    Column("programme", String(61), nullable=False),
    Column("version", Integer, nullable=False, unique=True),
    Column("envelope", Text, nullable=False),
    Column("published_by", ID, nullable=False),
    Column("received_at_ns", BigInteger, nullable=False),
)
invitations = Table(
    "invitations",
    metadata,
    Column("code_sha256", HASH, primary_key=True),
    Column("invited_by", ID, nullable=False),
    Column("expires_at_ns", BigInteger, nullable=False),
    Column("used_by_device", ID),
    Column("country", COUNTRY, nullable=False),
    Column("cohort", COHORT, nullable=False),
)
people = Table(
    "people",
    metadata,
    Column("person_id", ID, primary_key=True),
    Column("person_key", KEY, nullable=False, unique=True),
    Column("person_recipient", String(62), nullable=False),
    Column("key_statement", Text, nullable=False),
    Column("enrolled_at_ns", BigInteger, nullable=False),
    Column("country", COUNTRY, nullable=False),
    Column("cohort", COHORT, nullable=False),
)
devices = Table(
    "devices",
    metadata,
    Column("device_id", ID, primary_key=True),
    Column("person_id", ID, ForeignKey("people.person_id"), nullable=False),
    Column("device_key", KEY, nullable=False, unique=True),
    Column("platform", String(200), nullable=False),
    Column("enrolled_at_ns", BigInteger, nullable=False),
    Column("health", String(200)),
    Column("health_at_ns", BigInteger),
)
consents = Table(
    "consents",
    metadata,
    Column("consent_id", ID, primary_key=True),
    Column("person_id", ID, ForeignKey("people.person_id"), nullable=False, index=True),
    Column("device_id", ID, ForeignKey("devices.device_id"), nullable=False),
    Column("disclosure_sha256", HASH, ForeignKey("disclosures.sha256"), nullable=False),
    Column("receipt", Text, nullable=False),
    Column("received_at_ns", BigInteger, nullable=False),
    Column("withdrawal", Text),
    Column("withdrawn_at_ns", BigInteger),
    Column("erased_at_ns", BigInteger),
)
pauses = Table(
    "pauses",
    metadata,
    Column("pause_id", ID, primary_key=True),
    Column("made_by", String(7), nullable=False),
    Column("person_id", ID, index=True),
    Column("envelope", Text, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("until_ns", BigInteger),
    Column("ended_at_ns", BigInteger),
    Column("cohort", COHORT),
    Column("country", COUNTRY),
    Column("wm_class", String(100)),
    Column("reason", String(200), nullable=False),
    Column("share", Integer),
)
changes = Table(
    "changes",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("subject", HASH, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
)
segments = Table(
    "segments",
    metadata,
    Column("segment_id", ID, primary_key=True),
    Column("session_id", ID, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("person_id", ID, ForeignKey("people.person_id"), nullable=False),
    Column("device_id", ID, ForeignKey("devices.device_id"), nullable=False),
    Column("consent_id", ID, ForeignKey("consents.consent_id"), nullable=False),
    Column("disclosure_sha256", HASH, ForeignKey("disclosures.sha256"), nullable=False),
    Column("key_epoch", BigInteger, nullable=False),
    Column("manifest", Text, nullable=False),
    Column("manifest_sha256", HASH, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", HASH, nullable=False, unique=True),
    Column("previous_sha256", HASH),
    Column("state", String(9), nullable=False),
    Column("declared_at_ns", BigInteger, nullable=False),
    Column("stored_at_ns", BigInteger),
    Column("start_wall_ns", BigInteger, nullable=False),
    Column("end_wall_ns", BigInteger, nullable=False),
    Column("header", Text),
    Column("erasure_id", ID, index=True),
    UniqueConstraint("session_id", "sequence"),
    Index("ix_segments_person_id_stored_at_ns", "person_id", "stored_at_ns"),
    Index("ix_segments_stored_at_ns", "stored_at_ns"),
    Index("ix_segments_gone", "session_id", "sequence", sqlite_where=text(GONE), postgresql_where=text(GONE)),
    Index("ix_segments_person_id_start_wall_ns", "person_id", "start_wall_ns"),
    Index("ix_segments_person_id_key_epoch", "person_id", "key_epoch"),
    Index("ix_segments_disclosure_sha256_start_wall_ns", "disclosure_sha256", "start_wall_ns"),
)
requests = Table(
    "requests",
    metadata,
    Column("request_id", ID, primary_key=True),
    Column("requester", ID, nullable=False),
    Column("envelope", Text, nullable=False),
    Column("sha256", HASH, nullable=False),
    Column("received_at_ns", BigInteger, nullable=False),
)
approvals = Table(
    "approvals",
    metadata,
    Column("request_id", ID, ForeignKey("requests.request_id"), primary_key=True),
    Column("approver", ID, primary_key=True),
    Column("envelope", Text, nullable=False),
    Column("verdict", String(7), nullable=False),
    Column("received_at_ns", BigInteger, nullable=False),
)
grants = Table(
    "grants",
    metadata,
    Column("grant_id", ID, primary_key=True),
    Column("request_id", ID, ForeignKey("requests.request_id"), nullable=False, unique=True),
    Column("granted_at_ns", BigInteger, nullable=False),
    Column("revocation", Text),
    Column("revoked_at_ns", BigInteger),
)
passed_on = Table(
    "passed_on",
    metadata,
    Column("person_id", ID, primary_key=True),
    Column("keys", BigInteger, nullable=False),
)
artefacts = Table(
    "artefacts",
    metadata,
    Column("artefact_id", ID, primary_key=True),
    Column("grant_id", ID, ForeignKey("grants.grant_id"), nullable=False),
    Column("registered_by", ID, nullable=False, index=True),
    Column("lineage", Text, nullable=False),
    Column("state", String(9), nullable=False),
    Column("registered_at_ns", BigInteger, nullable=False),
    Column("due_by_ns", BigInteger),
    Column("destroyed_at_ns", BigInteger),
    Column("word", Text),
)
artefact_people = Table(
    "artefact_people",
    metadata,
    Column("artefact_id", ID, ForeignKey("artefacts.artefact_id"), primary_key=True),
    Column("person_id", ID, primary_key=True, index=True),
)
artefact_sources = Table(
    "artefact_sources",
    metadata,
    Column("artefact_id", ID, ForeignKey("artefacts.artefact_id"), primary_key=True),
    Column("session_id", ID, primary_key=True, index=True),
    Column("first", BigInteger, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
artefact_digests = Table(
    "artefact_digests",
    metadata,
    Column("artefact_id", ID, ForeignKey("artefacts.artefact_id"), primary_key=True),
    Column("sha256", HASH, primary_key=True, index=True),
)
erasures = Table(
    "erasures",
    metadata,
    Column("erasure_id", ID, primary_key=True),
    Column("person_id", ID, ForeignKey("people.person_id"), nullable=False, index=True),
    Column("order", Text, nullable=False),
    Column("phase", String(7), nullable=False),
    Column("ordered_at_ns", BigInteger, nullable=False),
    Column("ledger_index", BigInteger),
    Column("receipt", Text),
    Column("why", String(9), nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("keys", Text),
)
kept_out = Table(
    "kept_out",
    metadata,
    Column("erasure_id", ID, ForeignKey("erasures.erasure_id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("person_id", ID, nullable=False, index=True),
    Column("segment_id", ID, index=True),
    Column("from_ns", BigInteger),
    Column("until_ns", BigInteger),
    sqlite_with_rowid=False,
)
latest_time = Table(
    "latest_time",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("at_ns", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
