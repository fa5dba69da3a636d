"""Access, lineage and erasure; consents learn that they were erased; a day's bytes are found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID, HASH = sa.String(30), sa.String(64)


def upgrade() -> None:
    op.add_column("consents", sa.Column("erased_at_ns", sa.BigInteger))
    op.create_index("ix_segments_person_id_stored_at_ns", "segments", ["person_id", "stored_at_ns"])
    op.create_table(
        "requests",
        sa.Column("request_id", ID, nullable=False),
        sa.Column("requester", ID, nullable=False),
        sa.Column("envelope", sa.Text, nullable=False),
        sa.Column("sha256", HASH, nullable=False),
        sa.Column("received_at_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_requests"),
    )
    op.create_table(
        "approvals",
        sa.Column("request_id", ID, nullable=False),
        sa.Column("approver", ID, nullable=False),
        sa.Column("envelope", sa.Text, nullable=False),
        sa.Column("verdict", sa.String(7), nullable=False),
        sa.Column("received_at_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("request_id", "approver", name="pk_approvals"),
        sa.ForeignKeyConstraint(["request_id"], ["requests.request_id"], name="fk_approvals_request_id"),
    )
    op.create_table(
        "grants",
        sa.Column("grant_id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("granted_at_ns", sa.BigInteger, nullable=False),
        sa.Column("revocation", sa.Text),
        sa.Column("revoked_at_ns", sa.BigInteger),
        sa.PrimaryKeyConstraint("grant_id", name="pk_grants"),
        sa.UniqueConstraint("request_id", name="uq_grants_request_id"),
        sa.ForeignKeyConstraint(["request_id"], ["requests.request_id"], name="fk_grants_request_id"),
    )
    _artefacts()
    _erasures()


def _artefacts() -> None:
    op.create_table(
        "artefacts",
        sa.Column("artefact_id", ID, nullable=False),
        sa.Column("grant_id", ID, nullable=False),
        sa.Column("registered_by", ID, nullable=False),
        sa.Column("lineage", sa.Text, nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("registered_at_ns", sa.BigInteger, nullable=False),
        sa.Column("due_by_ns", sa.BigInteger),
        sa.Column("destroyed_at_ns", sa.BigInteger),
        sa.PrimaryKeyConstraint("artefact_id", name="pk_artefacts"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.grant_id"], name="fk_artefacts_grant_id"),
    )
    op.create_index("ix_artefacts_registered_by", "artefacts", ["registered_by"])
    op.create_table(
        "artefact_people",
        sa.Column("artefact_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("artefact_id", "person_id", name="pk_artefact_people"),
        sa.ForeignKeyConstraint(["artefact_id"], ["artefacts.artefact_id"], name="fk_artefact_people_artefact_id"),
    )
    op.create_index("ix_artefact_people_person_id", "artefact_people", ["person_id"])


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("erasure_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("order", sa.Text, nullable=False),
        sa.Column("phase", sa.String(7), nullable=False),
        sa.Column("ordered_at_ns", sa.BigInteger, nullable=False),
        sa.Column("ledger_index", sa.BigInteger),
        sa.Column("receipt", sa.Text),
        sa.PrimaryKeyConstraint("erasure_id", name="pk_erasures"),
        sa.ForeignKeyConstraint(["person_id"], ["people.person_id"], name="fk_erasures_person_id"),
    )
    op.create_index("ix_erasures_person_id", "erasures", ["person_id"])
