-- What PostgreSQL 15 brought.
CREATE TABLE since_15 (a integer, b integer UNIQUE NULLS NOT DISTINCT);
CREATE UNIQUE INDEX nulls_are_one ON since_15 (a) NULLS NOT DISTINCT;
CREATE PUBLICATION narrow FOR TABLE item (id, price) WHERE (price > 0);
CREATE PUBLICATION wide FOR TABLES IN SCHEMA "Other";
CREATE VIEW invoked WITH (security_invoker = true) AS SELECT a FROM since_15;
