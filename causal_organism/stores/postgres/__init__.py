"""The ledger, the archive and the tables in PostgreSQL."""
