-- NOT NULL that stays with its table.
CREATE TABLE alone (a integer, CONSTRAINT stays NOT NULL a NO INHERIT);
