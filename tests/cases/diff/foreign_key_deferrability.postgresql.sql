-- before
CREATE TABLE u (id integer PRIMARY KEY, other integer UNIQUE);
CREATE TABLE t (
    waits integer CONSTRAINT waits REFERENCES u DEFERRABLE INITIALLY DEFERRED,
    at_once integer CONSTRAINT at_once REFERENCES u,
    may_wait integer CONSTRAINT may_wait REFERENCES u ON DELETE CASCADE DEFERRABLE,
    retyped integer CONSTRAINT retyped REFERENCES u,
    action integer CONSTRAINT action REFERENCES u DEFERRABLE INITIALLY DEFERRED,
    validated integer,
    unchecked integer
);
ALTER TABLE t ADD CONSTRAINT unchecked FOREIGN KEY (unchecked) REFERENCES u NOT VALID;
ALTER TABLE t ADD CONSTRAINT validated FOREIGN KEY (validated) REFERENCES u NOT VALID;
CREATE TABLE v (other integer CONSTRAINT other REFERENCES u (other));
CREATE TABLE whole (u_id integer) PARTITION BY LIST (u_id);
CREATE TABLE part PARTITION OF whole FOR VALUES IN (1);
ALTER TABLE whole ADD CONSTRAINT to_u FOREIGN KEY (u_id) REFERENCES u;

-- after
CREATE TABLE u (id integer PRIMARY KEY, other integer, CONSTRAINT another UNIQUE (other));
CREATE TABLE t (
    waits integer CONSTRAINT waits REFERENCES u,
    at_once integer CONSTRAINT at_once REFERENCES u DEFERRABLE INITIALLY DEFERRED,
    may_wait integer CONSTRAINT may_wait REFERENCES u ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    retyped bigint CONSTRAINT retyped REFERENCES u DEFERRABLE,
    action integer CONSTRAINT action REFERENCES u ON DELETE CASCADE,
    validated integer,
    unchecked integer
);
ALTER TABLE t ADD CONSTRAINT unchecked FOREIGN KEY (unchecked) REFERENCES u DEFERRABLE NOT VALID;
ALTER TABLE t ADD CONSTRAINT validated FOREIGN KEY (validated) REFERENCES u DEFERRABLE;
CREATE TABLE v (other integer CONSTRAINT other REFERENCES u (other) DEFERRABLE);
CREATE TABLE whole (u_id integer) PARTITION BY LIST (u_id);
CREATE TABLE part PARTITION OF whole FOR VALUES IN (1);
ALTER TABLE whole ADD CONSTRAINT to_u FOREIGN KEY (u_id) REFERENCES u DEFERRABLE INITIALLY DEFERRED;

-- plan
-- Alter table "t": drop 3 foreign keys; change the type of column "retyped"; add 3 foreign keys; alter 4 foreign keys
ALTER TABLE "t"
    DROP CONSTRAINT "action",
    DROP CONSTRAINT "retyped",
    DROP CONSTRAINT "validated",
    ALTER COLUMN "retyped" TYPE bigint,
    ADD CONSTRAINT "action" FOREIGN KEY (action) REFERENCES u(id) ON DELETE CASCADE,
    ALTER CONSTRAINT "at_once" DEFERRABLE INITIALLY DEFERRED,
    ALTER CONSTRAINT "may_wait" DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT "retyped" FOREIGN KEY (retyped) REFERENCES u(id) DEFERRABLE,
    ALTER CONSTRAINT "unchecked" DEFERRABLE INITIALLY IMMEDIATE,
    ADD CONSTRAINT "validated" FOREIGN KEY (validated) REFERENCES u(id) DEFERRABLE,
    ALTER CONSTRAINT "waits" NOT DEFERRABLE;

-- Rename unique constraint "u_other_key" of table "u" to "another"
ALTER TABLE "u" RENAME CONSTRAINT "u_other_key" TO "another";

-- Alter foreign key "other" of table "v"
ALTER TABLE "v" ALTER CONSTRAINT "other" DEFERRABLE INITIALLY IMMEDIATE;

-- Alter foreign key "to_u" of table "whole"
ALTER TABLE "whole" ALTER CONSTRAINT "to_u" DEFERRABLE INITIALLY DEFERRED;
