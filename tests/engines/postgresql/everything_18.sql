-- What PostgreSQL 16, 17 and 18 brought.
CREATE COLLATION built_in (provider = builtin, locale = 'C.UTF-8');
CREATE TABLE since_18 (
    a integer,
    doubled integer GENERATED ALWAYS AS (a * 2) VIRTUAL,
    place int4range,
    during daterange,
    PRIMARY KEY (place, during WITHOUT OVERLAPS),
    CONSTRAINT unheeded CHECK (a > 0) NOT ENFORCED
);
