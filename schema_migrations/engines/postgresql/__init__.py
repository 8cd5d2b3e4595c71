"""PostgreSQL 14 and newer, through psycopg 3.  Its parts are loaded by ``engines.engine``."""
