"""The names of the revisions table, apart from what reads it: the model imports them with
every command of a project."""

REVISIONS_TABLE = "atlas_schema_revisions"

ATLAS_CLOUD_VERSION = ".atlas_cloud_identifier"
"""The version of a row that is of no file.  Atlas's cloud reads its description, a UUID
that names the database; what failed and left nothing is noted in the other columns."""
