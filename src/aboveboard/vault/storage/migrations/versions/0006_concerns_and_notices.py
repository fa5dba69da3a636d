"""Concerns with the passes that were signed for them, and notices with their deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID, KEY, HASH = sa.String(30), sa.String(51), sa.String(64)


def upgrade() -> None:
    op.create_table(
        "concerns",
        sa.Column("concern_id", ID, primary_key=True),
        sa.Column("person_id", ID),
        sa.Column("pass_key", KEY, unique=True),
        sa.Column("pass_text", sa.Text),
        sa.Column("envelope", sa.Text, nullable=False),
        sa.Column("raised_at_ns", sa.BigInteger, nullable=False),
        sa.Column("answer_by_ns", sa.BigInteger, nullable=False),
        sa.Column("owner", ID),
        sa.Column("owning", sa.Text),
        sa.Column("answer", sa.Text),
        sa.Column("answered_at_ns", sa.BigInteger),
    )
    op.create_table(
        "concern_joins",
        sa.Column("pass_key", KEY, primary_key=True),
        sa.Column("concern_id", ID, sa.ForeignKey("concerns.concern_id"), nullable=False, index=True),
        sa.Column("person_id", ID),
        sa.Column("pass_text", sa.Text, nullable=False),
        sa.Column("envelope", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pass_askings",
        sa.Column("person_id", ID, sa.ForeignKey("people.person_id"), primary_key=True),
        sa.Column("scope", sa.String(40), primary_key=True),
        sa.Column("asked_sha256", HASH, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notices",
        sa.Column("notice_id", ID, primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("sha256", HASH, nullable=False, unique=True),
        sa.Column("envelope", sa.Text, nullable=False),
        sa.Column("published_by", ID, nullable=False),
        sa.Column("published_at_ns", sa.BigInteger, nullable=False),
        sa.Column("released_at_ns", sa.BigInteger),
    )
    op.create_table(
        "deliveries",
        sa.Column("notice_id", ID, sa.ForeignKey("notices.notice_id"), primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.person_id"), primary_key=True, index=True),
        sa.Column("channel", sa.String(4), primary_key=True),
        sa.Column("state", sa.String(7), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at_ns", sa.BigInteger),
        sa.Column("at_ns", sa.BigInteger),
        sa.Column("detail", sa.String(300), nullable=False),
        sa.Column("seen", sa.Text),
    )
    op.create_index("ix_deliveries_channel_state_next_at_ns", "deliveries", ["channel", "state", "next_at_ns"])
    op.create_table(
        "mail_addresses",
        sa.Column("person_id", ID, sa.ForeignKey("people.person_id"), primary_key=True),
        sa.Column("sealed", sa.Text, nullable=False),
    )
