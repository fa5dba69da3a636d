"""Which tables does the keyholder's database have, and what did they look like before?

``SCHEMA`` is of version 1, ``ADDED`` what came since, ``SEALED`` what took the place of tables that named people
(``seal_up.py`` moves their rows over). Nothing in here is ever changed, only added to.
"""

OPEN_VERSION = 7
"""The last in which it could be read who opened whose recordings."""
SEALED_VERSION = 8
"""Sealed; what was there before may still lie in the file's free places."""
VERSION = 9

SCHEMA = """
CREATE TABLE people (
  person_id TEXT PRIMARY KEY, person_key TEXT NOT NULL UNIQUE, created_at_ns INTEGER NOT NULL,
  erased_at_ns INTEGER, erasure_index INTEGER, order_envelope BLOB
) STRICT;
CREATE TABLE identities (
  person_id TEXT NOT NULL REFERENCES people, key_epoch INTEGER NOT NULL, wrapped BLOB NOT NULL,
  statement BLOB NOT NULL, PRIMARY KEY (person_id, key_epoch)
) STRICT;
CREATE TABLE consents (
  consent_id TEXT PRIMARY KEY, person_id TEXT NOT NULL REFERENCES people, receipt BLOB NOT NULL,
  disclosure BLOB NOT NULL
) STRICT;
CREATE TABLE grants (
  grant_id TEXT PRIMARY KEY, request_sha256 TEXT NOT NULL UNIQUE, requester TEXT NOT NULL, seen_at_ns INTEGER NOT NULL
) STRICT;
CREATE TABLE revocations (
  grant_id TEXT NOT NULL, by TEXT NOT NULL, by_role TEXT NOT NULL, at_ns INTEGER NOT NULL, envelope BLOB NOT NULL,
  PRIMARY KEY (grant_id, by)
) STRICT;
CREATE TABLE entries (
  ledger_index INTEGER PRIMARY KEY, leaf BLOB NOT NULL, kind TEXT NOT NULL, person_id TEXT, salt BLOB, readable BLOB
) STRICT;
CREATE INDEX entries_person ON entries (person_id);
CREATE TABLE nodes (
  level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoints (
  role TEXT PRIMARY KEY CHECK (role IN ('signed', 'published')), size INTEGER NOT NULL, note TEXT NOT NULL
) STRICT;
"""

ADDED = {
    1: """
CREATE TABLE disclosures (
  sha256 TEXT PRIMARY KEY, version INTEGER NOT NULL, envelope BLOB NOT NULL
) STRICT;
""",
    2: "ALTER TABLE people ADD COLUMN releases INTEGER NOT NULL DEFAULT 0;",
    3: """
CREATE TABLE tiles (
  level INTEGER NOT NULL, position INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, position)
) STRICT;
INSERT INTO tiles SELECT level / 8, position / 256, joined(position, hash) FROM nodes WHERE level % 8 = 0
  GROUP BY level / 8, position / 256;
DROP TABLE nodes;
CREATE TABLE audits (
  only INTEGER PRIMARY KEY CHECK (only = 1), size INTEGER NOT NULL, note TEXT NOT NULL
) STRICT;
""",
    4: """
CREATE TABLE destroyed_epochs (
  person_id TEXT NOT NULL REFERENCES people, key_epoch INTEGER NOT NULL, at_ns INTEGER NOT NULL,
  ledger_index INTEGER NOT NULL, PRIMARY KEY (person_id, key_epoch)
) STRICT;
INSERT INTO destroyed_epochs SELECT person_id, 0, erased_at_ns, erasure_index FROM people
  WHERE erased_at_ns IS NOT NULL;
CREATE TABLE moved_headers (
  header_sha256 TEXT PRIMARY KEY, person_id TEXT NOT NULL REFERENCES people, sealed_sha256 TEXT NOT NULL
) STRICT;
CREATE INDEX moved_headers_person ON moved_headers (person_id);
""",
    5: """
ALTER TABLE grants ADD COLUMN document BLOB;
ALTER TABLE grants ADD COLUMN emergency INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN keys INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN review BLOB;
ALTER TABLE grants ADD COLUMN told_at_ns INTEGER;
CREATE TABLE alarms (
  number INTEGER PRIMARY KEY AUTOINCREMENT, at_ns INTEGER NOT NULL, kind TEXT NOT NULL, grant_id TEXT NOT NULL,
  person_id TEXT NOT NULL, words TEXT NOT NULL
) STRICT;
CREATE INDEX alarms_person ON alarms (person_id);
""",
    6: """
CREATE TABLE erasure_orders (
  number INTEGER PRIMARY KEY AUTOINCREMENT, erasure_id TEXT NOT NULL UNIQUE, person_id TEXT NOT NULL REFERENCES people,
  envelope BLOB NOT NULL
) STRICT;
CREATE INDEX erasure_orders_person ON erasure_orders (person_id);
INSERT INTO erasure_orders (erasure_id, person_id, envelope)
  SELECT 'before ' || person_id, person_id, order_envelope FROM people WHERE order_envelope IS NOT NULL;
""",
}
"""What brings a database of this version to the next, up to :data:`OPEN_VERSION`."""

SEALED = """
CREATE TABLE entries (
  ledger_index INTEGER PRIMARY KEY, leaf BLOB NOT NULL, kind TEXT NOT NULL, person BLOB, key_id BLOB, sealed BLOB,
  mac BLOB
) STRICT;
CREATE INDEX entries_person ON entries (person);
CREATE TABLE reading_keys (key_id BLOB PRIMARY KEY, person BLOB NOT NULL, sealed BLOB NOT NULL) STRICT;
CREATE INDEX reading_keys_person ON reading_keys (person);
CREATE TABLE grants (
  grant_tag BLOB PRIMARY KEY, request_sha256 TEXT NOT NULL UNIQUE, requester BLOB NOT NULL, seen_at_ns INTEGER NOT NULL,
  document BLOB, emergency BLOB, keys INTEGER NOT NULL DEFAULT 0, review BLOB, told_at_ns INTEGER
) STRICT;
CREATE TABLE revocations (
  grant_tag BLOB NOT NULL, by_tag BLOB NOT NULL, by_role TEXT NOT NULL, at_ns INTEGER NOT NULL, envelope BLOB NOT NULL,
  PRIMARY KEY (grant_tag, by_tag)
) STRICT;
CREATE TABLE alarms (
  number INTEGER PRIMARY KEY AUTOINCREMENT, at_ns INTEGER NOT NULL, kind TEXT NOT NULL, person BLOB,
  words_tag BLOB NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE INDEX alarms_person ON alarms (person);
CREATE TABLE erasure_orders (
  number INTEGER PRIMARY KEY AUTOINCREMENT, order_tag BLOB NOT NULL UNIQUE, person BLOB NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE INDEX erasure_orders_person ON erasure_orders (person);
ALTER TABLE people ADD COLUMN sealed_key BLOB;
CREATE INDEX consents_person ON consents (person_id);
CREATE TABLE record_check (only INTEGER PRIMARY KEY CHECK (only = 1), tag BLOB NOT NULL) STRICT;
"""
"""``emergency``: the grant's id, sealed; null: it is none. ``sealed_key``: the own key of a person who was erased."""
