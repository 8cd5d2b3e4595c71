-- before
CREATE TABLE kept (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);

-- after
CREATE TABLE kept (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE kept_rest PARTITION OF kept DEFAULT;
CREATE TABLE event (id bigint, day date, word text CONSTRAINT short CHECK (length(word) < 9), PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
COMMENT ON TABLE event IS 'Day by day';
CREATE INDEX event_word ON event (lower(word));
CREATE TABLE event_early PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2026-01-01') PARTITION BY HASH (id);
CREATE TABLE event_early_0 PARTITION OF event_early FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE part (id bigint, word text) PARTITION BY LIST (lower(word));

-- plan
-- Create table "event"
CREATE TABLE "event" (
    "id" bigint NOT NULL,
    "day" date NOT NULL,
    "word" text,
    CONSTRAINT "event_pkey" PRIMARY KEY (id, day),
    CONSTRAINT "short" CHECK (length(word) < 9)
) PARTITION BY RANGE (day);

-- Set the comment of table "event"
COMMENT ON TABLE "event" IS 'Day by day';

-- Create table "part"
CREATE TABLE "part" (
    "id" bigint,
    "word" text
) PARTITION BY LIST (lower(word));

-- Create index "event_word" on table "event"
CREATE INDEX "event_word" ON "event" USING btree (lower(word));

-- Create partition "event_early" of table "event"
CREATE TABLE event_early PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2026-01-01') PARTITION BY HASH (id);

-- Create partition "event_early_0" of table "event"
CREATE TABLE event_early_0 PARTITION OF event_early FOR VALUES WITH (modulus 1, remainder 0);

-- Create partition "kept_rest" of table "kept"
CREATE TABLE kept_rest PARTITION OF kept DEFAULT;
