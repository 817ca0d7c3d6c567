"""Django's SQLite backend on a SQLite that lacks the WAL-reset fault (3.7.0-3.51.2), behind the fair write gate."""
