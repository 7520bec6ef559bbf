-- A batch of outcomes changes nearly all messages of a page at once. With a fifth of it free, half of them moved to
-- another page, each with a new entry in both indexes: more CPU, more WAL and, in the end, more room on disk.
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
      -- What changes is small, and room for it is in the row's own page. Of messages all change, twice, and a
      -- whole page of them in one transaction: it needs room for each once more.
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (fillfactor = %s)', child, parent,
                     CASE parent WHEN 'message' THEN 50 WHEN 'incoming' THEN 80 ELSE 100 END);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, child,
                     first, first + width);
      first := first + width;
    END LOOP;
  END LOOP;
  RETURN first;                         -- ids below this one have their partitions
END $$;

DO $$                                   -- those that are still to be filled
DECLARE
  child TEXT;
BEGIN
  FOR child IN
    SELECT c.relname FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = 'message'::regclass
      AND substring(c.relname FROM '[0-9]+$')::BIGINT + 10000000 > (SELECT last_value FROM message_block)
  LOOP
    EXECUTE format('ALTER TABLE %I SET (fillfactor = 50)', child);
  END LOOP;
END $$;
