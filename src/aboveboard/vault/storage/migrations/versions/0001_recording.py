"""Everything that recording needs: disclosures, enrolments, consents, pauses, segments."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID, HASH, KEY = sa.String(30), sa.String(64), sa.String(51)


def upgrade() -> None:
    op.create_table(
        "disclosures",
        sa.Column("sha256", HASH, nullable=False),
        sa.Column("programme", sa.String(61), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("envelope", sa.Text, nullable=False),
        sa.Column("published_by", ID, nullable=False),
        sa.Column("received_at_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_disclosures"),
        sa.UniqueConstraint("version", name="uq_disclosures_version"),
    )
    op.create_table(
        "invitations",
        sa.Column("code_sha256", HASH, nullable=False),
        sa.Column("invited_by", ID, nullable=False),
        sa.Column("expires_at_ns", sa.BigInteger, nullable=False),
        sa.Column("used_by_device", ID),
        sa.PrimaryKeyConstraint("code_sha256", name="pk_invitations"),
    )
    op.create_table(
        "people",
        sa.Column("person_id", ID, nullable=False),
        sa.Column("person_key", KEY, nullable=False),
        sa.Column("person_recipient", sa.String(62), nullable=False),
        sa.Column("key_statement", sa.Text, nullable=False),
        sa.Column("enrolled_at_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_people"),
        sa.UniqueConstraint("person_key", name="uq_people_person_key"),
    )
    op.create_table(
        "devices",
        sa.Column("device_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("device_key", KEY, nullable=False),
        sa.Column("platform", sa.String(200), nullable=False),
        sa.Column("enrolled_at_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("device_id", name="pk_devices"),
        sa.UniqueConstraint("device_key", name="uq_devices_device_key"),
        sa.ForeignKeyConstraint(["person_id"], ["people.person_id"], name="fk_devices_person_id"),
    )
    op.create_table(
        "consents",
        sa.Column("consent_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("device_id", ID, nullable=False),
        sa.Column("disclosure_sha256", HASH, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.Column("received_at_ns", sa.BigInteger, nullable=False),
        sa.Column("withdrawal", sa.Text),
        sa.Column("withdrawn_at_ns", sa.BigInteger),
        sa.PrimaryKeyConstraint("consent_id", name="pk_consents"),
        sa.ForeignKeyConstraint(["person_id"], ["people.person_id"], name="fk_consents_person_id"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.device_id"], name="fk_consents_device_id"),
        sa.ForeignKeyConstraint(["disclosure_sha256"], ["disclosures.sha256"], name="fk_consents_disclosure_sha256"),
    )
    op.create_index("ix_consents_person_id", "consents", ["person_id"])
    op.create_table(
        "pauses",
        sa.Column("pause_id", ID, nullable=False),
        sa.Column("made_by", sa.String(7), nullable=False),
        sa.Column("person_id", ID),
        sa.Column("envelope", sa.Text, nullable=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("until_ns", sa.BigInteger),
        sa.Column("ended_at_ns", sa.BigInteger),
        sa.PrimaryKeyConstraint("pause_id", name="pk_pauses"),
    )
    op.create_index("ix_pauses_person_id", "pauses", ["person_id"])
    _segments()


def _segments() -> None:
    op.create_table(
        "segments",
        sa.Column("segment_id", ID, nullable=False),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("device_id", ID, nullable=False),
        sa.Column("consent_id", ID, nullable=False),
        sa.Column("disclosure_sha256", HASH, nullable=False),
        sa.Column("key_epoch", sa.BigInteger, nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("manifest_sha256", HASH, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", HASH, nullable=False),
        sa.Column("previous_sha256", HASH),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("declared_at_ns", sa.BigInteger, nullable=False),
        sa.Column("stored_at_ns", sa.BigInteger),
        sa.PrimaryKeyConstraint("segment_id", name="pk_segments"),
        sa.UniqueConstraint("session_id", "sequence", name="uq_segments_session_id_sequence"),
        sa.UniqueConstraint("sha256", name="uq_segments_sha256"),
        sa.ForeignKeyConstraint(["person_id"], ["people.person_id"], name="fk_segments_person_id"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.device_id"], name="fk_segments_device_id"),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.consent_id"], name="fk_segments_consent_id"),
        sa.ForeignKeyConstraint(["disclosure_sha256"], ["disclosures.sha256"], name="fk_segments_disclosure_sha256"),
    )
