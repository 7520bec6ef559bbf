-- MMS: messages like the others, of one segment, with files beside their text. What is said of these columns on
-- SQLite holds here.
ALTER TABLE message ADD COLUMN service SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE carrier ADD COLUMN service SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE incoming ADD COLUMN mms TEXT;

CREATE TABLE file (
  message_id   BIGINT   NOT NULL,
  size         INTEGER  NOT NULL,
  number       SMALLINT NOT NULL,
  name         TEXT     NOT NULL,
  content_type TEXT     NOT NULL,
  content_id   TEXT     NOT NULL,
  data         BYTEA    NOT NULL,
  PRIMARY KEY (message_id, number)
) PARTITION BY RANGE (message_id);
-- Pictures and sound are compressed as they are: to try again would cost time and win nothing.
ALTER TABLE file ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE incoming_seen (
  at           BIGINT   NOT NULL,
  digest       BYTEA    PRIMARY KEY
);
CREATE INDEX incoming_seen_at ON incoming_seen (at);

CREATE OR REPLACE FUNCTION make_partitions(until BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
  width   CONSTANT BIGINT := 10000000;
  parent  TEXT;
  key     TEXT;
  child   TEXT;
  first   BIGINT;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('kavle partitions', 0));
  FOREACH parent IN ARRAY ARRAY['message', 'body', 'file', 'segment', 'receipt', 'incoming', 'callback_try'] LOOP
    SELECT coalesce(max(substring(c.relname FROM '[0-9]+$')::BIGINT) + width,
                    (SELECT last_value / width * width FROM message_block)) INTO first
      FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = parent::regclass;
    WHILE first <= until LOOP
      key := CASE WHEN parent IN ('message', 'incoming') THEN 'id' WHEN parent = 'callback_try' THEN 'incoming_id'
                  ELSE 'message_id' END;
      child := parent || '_' || first;
      -- What changes is small and changes twice, mostly: room for it in the row's own page.
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (fillfactor = %s)', child, parent,
                     CASE WHEN parent IN ('message', 'incoming') THEN 80 ELSE 100 END);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, child,
                     first, first + width);
      first := first + width;
    END LOOP;
  END LOOP;
  RETURN first;                         -- ids below this one have their partitions
END $$;
SELECT make_partitions((SELECT last_value + 10000000 FROM message_block));
