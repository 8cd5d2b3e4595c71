-- before
CREATE TABLE t (a text);

-- after
CREATE COLLATION german (provider = icu, locale = 'de'); CREATE TABLE t (a text COLLATE german, b varchar(5) COLLATE "C");

-- plan
