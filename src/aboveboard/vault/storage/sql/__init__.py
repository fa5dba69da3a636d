"""The records in SQL: SQLite (WAL) embedded, PostgreSQL in production, through SQLAlchemy Core."""
