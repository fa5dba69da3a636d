"""An older vault's database is brought up to date at start-up, and nothing in it is lost."""

import shutil
import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from aboveboard.base.errors import SetupMissing, Unavailable
from aboveboard.vault.storage.rows import ErasureRow
from aboveboard.vault.storage.sql import engine as engines
from aboveboard.vault.storage.sql.engine import SqlRecords, open_records, upgrade
from aboveboard.vault.storage.sql.tables import metadata
from samples.postgres import fresh_database, running_postgres

NEWEST = "0014"
"""The newest migration."""
OLD_ROWS = (
    "INSERT INTO disclosures VALUES ('d', 'office-tasks', 1, '{}', 'stf_1', 1)",
    "INSERT INTO people VALUES ('per_1', 'ed25519:p', 'age1p', '{}', 1)",
    "INSERT INTO devices VALUES ('dev_1', 'per_1', 'ed25519:d', 'Linux', 1)",
    "INSERT INTO consents VALUES ('con_1', 'per_1', 'dev_1', 'd', 'a receipt', 4611686018427387904, NULL, 9)",
    "INSERT INTO segments VALUES ('seg_1', 'ses_1', 0, 'per_1', 'dev_1', 'con_1', 'd', 0, 'signed', 'm', 100, 'a',"
    " NULL, 'stored', 1, 4611686018427387904)",
)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_postgres(tmp_path_factory.mktemp("pg")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.sqlite'}"
    return fresh_database(request.getfixturevalue("postgres"))


def revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def test_an_old_database_is_upgraded_with_everything_in_it(fresh: str) -> None:
    old = SqlRecords(fresh)
    upgrade(old.engine, "0001")
    assert revision(old.engine) == "0001"
    assert "artefacts" not in inspect(old.engine).get_table_names()
    with old.engine.begin() as connection:
        for row in OLD_ROWS:
            connection.execute(text(row))
    old.close()

    records = open_records(fresh)
    assert revision(records.engine) == NEWEST
    with records.begin() as tx:
        consent, segment = tx.consent("con_1"), tx.segment("seg_1")
        assert consent is not None
        assert (consent.receipt, consent.withdrawn_at_ns, consent.erased_at_ns) == ("a receipt", 9, None)
        assert segment is not None
        assert (segment.state, segment.stored_at_ns, segment.manifest) == ("stored", 2**62, "signed")
        assert (segment.start_wall_ns, segment.end_wall_ns, segment.header) == (1, 1, None)
        assert tx.stored_bytes("per_1", since_ns=2**62) == 100
        tx.add_erasure(ErasureRow("era_1", "per_1", "{}", "ordered", 1))
        device = tx.device("dev_1")
        assert device is not None
        assert (device.health, device.health_at_ns) == (None, None)
        person = tx.person("per_1")
        assert person is not None
        assert (person.country, person.cohort) == ("", "")
    records.close()


def test_the_migrations_lead_to_the_tables_that_the_code_uses(fresh: str) -> None:
    records = open_records(fresh)
    with records.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    records.close()


def test_upgrading_twice_changes_nothing(fresh: str) -> None:
    first = open_records(fresh)
    before = revision(first.engine)
    first.close()
    second = open_records(fresh)
    assert revision(second.engine) == before == NEWEST
    second.close()


def test_a_newer_schema_is_refused_in_words(fresh: str) -> None:
    records = open_records(fresh)
    with records.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    records.close()
    with pytest.raises(SetupMissing, match="9999") as caught:
        open_records(fresh)
    assert "update" in caught.value.fix.lower()


def test_a_migration_that_fails_leaves_the_old_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = files("aboveboard.vault.storage") / "migrations"
    broken = tmp_path / "storage" / "migrations"
    shutil.copytree(str(source), broken)
    (broken / "versions" / "0002_access_and_erasure.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision='0002'\ndown_revision='0001'\n"
        "def upgrade():\n    op.create_table('half', sa.Column('x', sa.Integer))\n    raise RuntimeError('cut short')\n"
    )
    monkeypatch.setattr(engines, "files", lambda _: tmp_path / "storage")
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    old = SqlRecords(url)
    upgrade(old.engine, "0001")
    with pytest.raises(RuntimeError, match="cut short"):
        upgrade(old.engine)
    old.engine.dispose()
    assert revision(old.engine) == "0001"
    assert "half" not in inspect(old.engine).get_table_names()
    old.close()


def test_a_locked_database_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "LOCK_WAIT_MS", 100)
    path = tmp_path / "records.sqlite"
    open_records(f"sqlite:///{path}").close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        open_records(f"sqlite:///{path}")
    holder.close()


def test_every_revision_is_in_one_line() -> None:
    config = Config()
    config.set_main_option("script_location", str(files("aboveboard.vault.storage") / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [NEWEST]
    line = [f"{number:04}" for number in range(int(NEWEST), 0, -1)]
    assert [script.revision for script in scripts.walk_revisions()] == line
