-- before
CREATE SEQUENCE r AS integer;
CREATE SEQUENCE s MINVALUE 5 MAXVALUE 10 CYCLE;
CREATE SEQUENCE t INCREMENT BY -2;

-- after
CREATE SEQUENCE r AS bigint MINVALUE 5000 INCREMENT BY 7 CACHE 3 CYCLE;
CREATE SEQUENCE s MINVALUE 50 MAXVALUE 100;
CREATE SEQUENCE t INCREMENT BY -2 MAXVALUE -10 START WITH -20;

-- plan
-- Move sequence "r" to its new bounds
SELECT setval('"r"', 5000, false) FROM "r"
WHERE last_value < 5000;

-- Change the options of sequence "r"
ALTER SEQUENCE "r" AS bigint START WITH 5000 INCREMENT BY 7 MINVALUE 5000 CACHE 3 CYCLE;

-- Change the options of sequence "s"
ALTER SEQUENCE "s" START WITH 50 MINVALUE 50 MAXVALUE 100 NO CYCLE RESTART;

-- Move sequence "t" to its new bounds
SELECT setval('"t"', -10, false) FROM "t"
WHERE last_value > -10;

-- Change the options of sequence "t"
ALTER SEQUENCE "t" START WITH -20 MAXVALUE -10;
