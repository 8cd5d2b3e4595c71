"""SQLite 3.31 and newer, through Python's own driver.  Its parts are loaded by ``engines.engine``."""
