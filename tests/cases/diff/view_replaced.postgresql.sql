-- before
CREATE TABLE t (a integer, b varchar(9), c integer); CREATE VIEW v AS SELECT a, b FROM t WHERE b IN ('x', 'y'); CREATE VIEW w AS SELECT a, b FROM v; CREATE MATERIALIZED VIEW m AS SELECT a FROM w; CREATE UNIQUE INDEX m_a ON m (a); COMMENT ON VIEW w IS 'kept'; COMMENT ON MATERIALIZED VIEW m IS 'kept';

-- after
CREATE TABLE t (a integer, b varchar(9), d integer); CREATE VIEW v AS SELECT a, b, d FROM t WHERE b IN ('x', 'z'); CREATE VIEW w AS SELECT a, b::text AS b FROM v WHERE b IN ('x'); CREATE MATERIALIZED VIEW m AS SELECT a FROM w; CREATE UNIQUE INDEX m_a ON m (a); COMMENT ON VIEW w IS 'kept'; COMMENT ON MATERIALIZED VIEW m IS 'kept';
