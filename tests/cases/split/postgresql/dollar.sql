CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.a = 'x;' THEN NEW.b := CASE WHEN true THEN 1 ELSE 2 END; END IF;
  FOR i IN 1..2 LOOP PERFORM 1; END LOOP;
  RETURN NEW;
END $$;
DO $outer$ BEGIN EXECUTE $inner$ SELECT ';' $inner$; EXECUTE $$ ; $$; END $outer$;
SELECT $$it's; "$a$;$$, $é$;$é$, $_1$ ; $1$ $$ $_1$;
SELECT 1 AS abc$x$y, 2 AS été$a$; SELECT 3 AS y$x$, 4 AS z$a$b$;
PREPARE p AS SELECT $1, $2; EXECUTE p(1, 2);
SELECT 1 AS price$;
