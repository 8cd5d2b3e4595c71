-- atlas:delimiter -- end
CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; -- end
SELECT 2);
-- end
-- A comment.
SELECT '-- end' -- end
-- end
SELECT $$ -- end $$
-- end
