SELECT 'it''s; a', "dq;""", `bt;``x`, [br;acket], x'00', 'C:\';
CREATE TABLE t ("name" text CHECK ("name" LIKE 'a%' ESCAPE '\'), n text CHECK (n <> $$));
SELECT /* no /* nesting; */ 1; /*/ still a comment; */ SELECT json_extract(a, '$[0].b;') FROM t;
SELECT :a, @b, $c, ?1 -- comment; with ' quotes
  , e'x\';
SELECT 1--[
;
