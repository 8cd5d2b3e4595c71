-- before
CREATE SCHEMA far;

-- after
CREATE SCHEMA far;
CREATE TYPE far.span AS RANGE (subtype = float8, multirange_type_name = far.spans);
CREATE TYPE near AS RANGE (subtype = float8, multirange_type_name = far.nears);
COMMENT ON TYPE far.spans IS 'several';
CREATE TABLE t (a far.span, b far.spans, c near, d far.nears);

-- plan
-- Create type "near"
CREATE TYPE near AS RANGE (SUBTYPE = double precision, MULTIRANGE_TYPE_NAME = far.nears);

-- Create type "span"
CREATE TYPE far.span AS RANGE (SUBTYPE = double precision, MULTIRANGE_TYPE_NAME = far.spans);

-- Create table "t"
CREATE TABLE "t" (
    "a" far.span,
    "b" far.spans,
    "c" near,
    "d" far.nears
);

-- Set the comment of type far.spans
COMMENT ON TYPE far.spans IS 'several';
