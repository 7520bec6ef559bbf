-- What phones send: customers' numbers, messages put together of their parts, and the calls that bring them to
-- their customers. What is said of these columns on SQLite holds here.

CREATE TABLE number (
  account_id   BIGINT  NOT NULL,
  created_at   BIGINT  NOT NULL,
  msisdn       TEXT    PRIMARY KEY,
  host         TEXT    NOT NULL,
  settings     TEXT    NOT NULL
);
CREATE INDEX number_account ON number (account_id, msisdn);

CREATE TABLE incoming (
  id           BIGINT   NOT NULL,
  account_id   BIGINT,
  carrier_id   BIGINT   NOT NULL,
  received_at  BIGINT   NOT NULL,
  state_at     BIGINT   NOT NULL,
  parts        SMALLINT NOT NULL,
  got          SMALLINT NOT NULL,
  state        SMALLINT NOT NULL,
  sender       TEXT     NOT NULL,
  recipient    TEXT     NOT NULL,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX incoming_account ON incoming (account_id, id);
CREATE INDEX incoming_recipient ON incoming (recipient, id);
CREATE INDEX incoming_failed ON incoming (id) WHERE state = 3;

-- As with the queue: every row that was ever in these two is a dead one soon.
CREATE TABLE incoming_part (
  carrier_id   BIGINT   NOT NULL,
  received_at  BIGINT   NOT NULL,
  incoming_id  BIGINT,
  reference    INTEGER  NOT NULL,
  total        SMALLINT NOT NULL,
  number       SMALLINT NOT NULL,
  sender       TEXT     NOT NULL,
  recipient    TEXT     NOT NULL,
  text         BYTEA    NOT NULL,
  PRIMARY KEY (sender, recipient, carrier_id, reference, total, number)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0, vacuum_truncate = false);
CREATE INDEX incoming_part_open ON incoming_part (received_at) WHERE incoming_id IS NULL;
CREATE INDEX incoming_part_done ON incoming_part (received_at) WHERE incoming_id IS NOT NULL;

CREATE TABLE callback (
  incoming_id  BIGINT   PRIMARY KEY,
  due          BIGINT   NOT NULL,
  token        BIGINT   NOT NULL,
  tries        INTEGER  NOT NULL,
  round        INTEGER  NOT NULL,
  state        SMALLINT NOT NULL,
  number       TEXT     NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000,
        autovacuum_vacuum_cost_delay = 0, vacuum_truncate = false);
CREATE INDEX callback_ready ON callback (number, incoming_id) WHERE state = 0;
CREATE INDEX callback_leased ON callback (number) WHERE state = 1;
CREATE INDEX callback_due ON callback (state, due) WHERE state <> 0;

CREATE TABLE callback_try (
  incoming_id  BIGINT   NOT NULL,
  at           BIGINT   NOT NULL,
  number       INTEGER  NOT NULL,
  milliseconds INTEGER  NOT NULL,
  status       SMALLINT,
  head         TEXT     NOT NULL,
  error        TEXT,
  PRIMARY KEY (incoming_id, number)
) PARTITION BY RANGE (incoming_id);

CREATE TABLE stop (
  account_id   BIGINT  NOT NULL,
  at           BIGINT  NOT NULL,
  msisdn       TEXT    NOT NULL,
  PRIMARY KEY (account_id, msisdn)
);

-- As before, but each table's partitions are counted on their own: one that is new here begins where the ids
-- are now.
CREATE OR REPLACE FUNCTION make_partitions(until BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
  width   CONSTANT BIGINT := 10000000;
  parent  TEXT;
  key     TEXT;
  child   TEXT;
  first   BIGINT;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('kavle partitions', 0));
  FOREACH parent IN ARRAY ARRAY['message', 'body', 'segment', 'receipt', 'incoming', 'callback_try'] LOOP
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
