-- before
CREATE TABLE t (id int, n int);

-- after
CREATE FUNCTION cmp(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT btint4cmp(abs($1), abs($2))'; CREATE FUNCTION cmp8(int, bigint) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT btint48cmp($1, $2)'; CREATE FUNCTION lt(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT abs($1) < abs($2)'; CREATE FUNCTION eq(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT abs($1) = abs($2)'; CREATE OPERATOR <~ (function = lt, leftarg = int, rightarg = int); CREATE OPERATOR =~~ (function = eq, leftarg = int, rightarg = int, commutator = =~~, merges, restrict = eqsel, join = eqjoinsel); CREATE OPERATOR CLASS by_abs FOR TYPE int USING btree AS OPERATOR 1 <~, OPERATOR 3 =~~, FUNCTION 1 cmp(int, int); CREATE OPERATOR FAMILY loose USING btree; CREATE OPERATOR CLASS other FOR TYPE int USING btree FAMILY loose AS OPERATOR 1 <, OPERATOR 3 =, FUNCTION 1 btint4cmp(int, int); ALTER OPERATOR FAMILY loose USING btree ADD OPERATOR 1 < (int, bigint), FUNCTION 1 (int, bigint) cmp8(int, bigint); CREATE OPERATOR FAMILY "Empty one" USING hash; CREATE OPERATOR CLASS gistc FOR TYPE point USING gist AS OPERATOR 15 <-> (point, point) FOR ORDER BY float_ops, FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal), FUNCTION 2 gist_box_union(internal, internal), FUNCTION 3 gist_point_compress(internal), FUNCTION 5 gist_box_penalty(internal, internal, internal), FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal), FUNCTION 8 gist_point_distance(internal, point, smallint, oid, internal), STORAGE box; CREATE TABLE t (id int, n int, p point); CREATE INDEX i ON t (n by_abs); CREATE INDEX j ON t USING gist (p gistc);

-- plan
-- Create operator family "by_abs"
CREATE OPERATOR FAMILY by_abs USING btree;

-- Create function "cmp"
CREATE OR REPLACE FUNCTION cmp(integer, integer)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$SELECT btint4cmp(abs($1), abs($2))$function$;

-- Create function "eq"
CREATE OR REPLACE FUNCTION eq(integer, integer)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$SELECT abs($1) = abs($2)$function$;

-- Create operator "=~~"
CREATE OPERATOR =~~ (FUNCTION = eq, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = OPERATOR(=~~), RESTRICT = eqsel, JOIN = eqjoinsel, MERGES);

-- Create operator family "gistc"
CREATE OPERATOR FAMILY gistc USING gist;

-- Create operator class "gistc"
CREATE OPERATOR CLASS gistc FOR TYPE point USING gist FAMILY gistc AS FUNCTION 1 (point, point) gist_point_consistent(internal,point,smallint,oid,internal), FUNCTION 2 (point, point) gist_box_union(internal,internal), FUNCTION 5 (point, point) gist_box_penalty(internal,internal,internal), FUNCTION 6 (point, point) gist_box_picksplit(internal,internal), FUNCTION 7 (point, point) gist_box_same(box,box,internal), STORAGE box;

-- Create function "lt"
CREATE OR REPLACE FUNCTION lt(integer, integer)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$SELECT abs($1) < abs($2)$function$;

-- Create operator "<~"
CREATE OPERATOR <~ (FUNCTION = lt, LEFTARG = integer, RIGHTARG = integer);

-- Create operator class "by_abs"
CREATE OPERATOR CLASS by_abs FOR TYPE integer USING btree FAMILY by_abs AS OPERATOR 1 <~(integer,integer), OPERATOR 3 =~~(integer,integer), FUNCTION 1 (integer, integer) cmp(integer,integer), STORAGE integer;

-- Add column "p" to table "t"
ALTER TABLE "t" ADD COLUMN "p" point;

-- Create index "i" on table "t"
CREATE INDEX "i" ON "t" USING btree (n by_abs);

-- Create index "j" on table "t"
CREATE INDEX "j" ON "t" USING gist (p gistc);

-- Create operator family "Empty one"
CREATE OPERATOR FAMILY "Empty one" USING hash;

-- Create function "cmp8"
CREATE OR REPLACE FUNCTION cmp8(integer, bigint)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$SELECT btint48cmp($1, $2)$function$;

-- Create operator family members using gist of "gistc"
ALTER OPERATOR FAMILY gistc USING gist ADD OPERATOR 15 <->(point,point) FOR ORDER BY pg_catalog.float_ops, FUNCTION 3 (point, point) gist_point_compress(internal), FUNCTION 8 (point, point) gist_point_distance(internal,point,smallint,oid,internal);

-- Create operator family "loose"
CREATE OPERATOR FAMILY loose USING btree;

-- Create operator family members using btree of "loose"
ALTER OPERATOR FAMILY loose USING btree ADD OPERATOR 1 <(integer,bigint), FUNCTION 1 (integer, bigint) cmp8(integer,bigint);

-- Create operator class "other"
CREATE OPERATOR CLASS other FOR TYPE integer USING btree FAMILY loose AS OPERATOR 1 <(integer,integer), OPERATOR 3 =(integer,integer), FUNCTION 1 (integer, integer) btint4cmp(integer,integer), STORAGE integer;
