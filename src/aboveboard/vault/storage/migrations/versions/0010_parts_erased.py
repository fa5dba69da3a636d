"""A part of what is recorded of a person can be erased: segments know their times, their new key, and by whose order
they go; orders, who gave them; and what is kept out if it still comes.

Of a segment whose manifest cannot be read any more, the times are those of its declaration.
"""

import base64
import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.String(30)
AT_ONCE = 1000


def upgrade() -> None:
    for name in ("start_wall_ns", "end_wall_ns"):
        op.add_column("segments", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("segments", sa.Column("header", sa.Text))
    op.add_column("segments", sa.Column("erasure_id", ID))
    _fill_times()
    op.create_index("ix_segments_erasure_id", "segments", ["erasure_id"])
    op.create_index("ix_segments_person_id_start_wall_ns", "segments", ["person_id", "start_wall_ns"])
    op.create_index("ix_segments_disclosure_sha256_start_wall_ns", "segments", ["disclosure_sha256", "start_wall_ns"])
    op.add_column("erasures", sa.Column("why", sa.String(9), nullable=False, server_default="person"))
    op.add_column("erasures", sa.Column("whole", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("artefacts", sa.Column("word", sa.Text))
    op.create_table(
        "kept_out",
        sa.Column("erasure_id", ID, sa.ForeignKey("erasures.erasure_id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("person_id", ID, nullable=False, index=True),
        sa.Column("segment_id", ID, index=True),
        sa.Column("from_ns", sa.BigInteger),
        sa.Column("until_ns", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "latest_time",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _fill_times() -> None:
    connection = op.get_bind()
    after = ""
    while True:
        rows = connection.execute(
            sa.text(
                "SELECT segment_id, manifest, declared_at_ns FROM segments WHERE segment_id > :after"
                " ORDER BY segment_id LIMIT :many"
            ),
            {"after": after, "many": AT_ONCE},
        ).all()
        if not rows:
            return
        connection.execute(
            sa.text("UPDATE segments SET start_wall_ns = :start, end_wall_ns = :end WHERE segment_id = :id"),
            [dict(zip(("start", "end"), _times(manifest, at), strict=True), id=name) for name, manifest, at in rows],
        )
        after = rows[-1][0]


def _times(manifest: str, declared_at_ns: int) -> tuple[int, int]:
    try:
        said = json.loads(base64.b64decode(json.loads(manifest)["payload"]))
        return int(said["start_wall_ns"]), int(said["end_wall_ns"])
    except (ValueError, KeyError, TypeError):
        return declared_at_ns, declared_at_ns
