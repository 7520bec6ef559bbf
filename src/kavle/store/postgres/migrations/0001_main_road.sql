-- The main road: accounts and their money, messages, the queue, segments and receipts.
-- Times are milliseconds since 1970 in UTC; money is in ten-thousandths of a credit.
-- The same tables as on SQLite; what is said of their columns there holds here. Columns stand widest first.

CREATE TABLE gateway (                  -- one row: what this gateway is
  one          SMALLINT PRIMARY KEY CHECK (one = 1),
  id_key       BYTEA    NOT NULL        -- of the public ids; changing it would rename every message
);
INSERT INTO gateway VALUES (1, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));

-- Internal ids: each node takes blocks of 256, whose first id this gives. Never reused, never max+1.
CREATE SEQUENCE message_block AS BIGINT INCREMENT BY 256 START WITH 1;

CREATE TABLE carrier (
  id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name         TEXT   NOT NULL UNIQUE
);

CREATE TABLE account (
  id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at    BIGINT NOT NULL,
  name          TEXT   NOT NULL UNIQUE,
  password_hash TEXT   NOT NULL
);

CREATE TABLE balance (                  -- apart from account, which is read often and hardly changes
  account_id   BIGINT  PRIMARY KEY REFERENCES account,
  amount       BIGINT  NOT NULL CONSTRAINT balance_covers CHECK (amount >= 0),
  tag          BIGINT  NOT NULL DEFAULT 0,
  weight       INTEGER NOT NULL DEFAULT 1 CHECK (weight > 0)
) WITH (fillfactor = 20,                -- a hot row moves within its page, and no index with it
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- No foreign key: it would lock the account's row for every entry. `balance`, locked first, is the witness.
CREATE TABLE ledger (                   -- sum(amount) per account = balance.amount, always
  id           BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id   BIGINT  NOT NULL,
  at           BIGINT  NOT NULL,
  amount       BIGINT  NOT NULL,        -- signed
  balance      BIGINT  NOT NULL,        -- after this entry
  message_id   BIGINT,                  -- of the accept that it pays for
  kind         SMALLINT NOT NULL        -- kavle.store.rows.Entry
);

CREATE TABLE message (                  -- insert-mostly: only status and status_at ever change
  id            BIGINT   NOT NULL,
  account_id    BIGINT   NOT NULL,
  carrier_id    BIGINT   NOT NULL,
  segment_price BIGINT   NOT NULL,
  accepted_at   BIGINT   NOT NULL,
  expires_at    BIGINT   NOT NULL,
  status_at     BIGINT   NOT NULL,
  status        SMALLINT NOT NULL,
  segments      SMALLINT NOT NULL,
  priority      SMALLINT NOT NULL,
  encoding      SMALLINT NOT NULL,
  flash         BOOLEAN  NOT NULL,
  recipient     TEXT     NOT NULL,
  sender        TEXT     NOT NULL,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);

CREATE TABLE body (                     -- the text, erasable without rewriting messages
  message_id   BIGINT  NOT NULL,
  text         TEXT    NOT NULL,
  PRIMARY KEY (message_id)
) PARTITION BY RANGE (message_id);

CREATE TABLE segment (                  -- insert-only: one row an attempt to hand a segment to the network
  message_id   BIGINT   NOT NULL,
  at           BIGINT   NOT NULL,
  attempt      INTEGER  NOT NULL,
  number       SMALLINT NOT NULL,       -- from 1
  outcome      SMALLINT NOT NULL,       -- kavle.store.rows.SegmentOutcome
  status       SMALLINT NOT NULL,
  network_id   TEXT,
  error        TEXT,
  PRIMARY KEY (message_id, number, attempt)
) PARTITION BY RANGE (message_id);

CREATE SEQUENCE receipt_id AS BIGINT;   -- a default, not an identity: a partition can't bring its own

CREATE TABLE receipt (                  -- as they came, matched
  id           BIGINT   NOT NULL DEFAULT nextval('receipt_id'),
  message_id   BIGINT   NOT NULL,
  at           BIGINT   NOT NULL,
  attempt      INTEGER  NOT NULL,
  number       SMALLINT NOT NULL,
  status       SMALLINT,                -- null: it told nothing that is known
  raw          TEXT     NOT NULL,
  PRIMARY KEY (message_id, id)
) PARTITION BY RANGE (message_id);

-- The queue and the open receipts are small tables with a large turnover: every row that was ever in them is
-- a dead one soon. Vacuum comes by number of dead rows, not by a share of the table, and does not pause.
CREATE TABLE job (                      -- one narrow row a message that waits, deleted when handed over
  message_id   BIGINT   PRIMARY KEY,
  carrier_id   BIGINT   NOT NULL,
  tag          BIGINT   NOT NULL,       -- fair order within a priority
  unsent       BIGINT   NOT NULL,       -- bit n-1: segment n is not yet with the network
  handed       BIGINT   NOT NULL,       -- bit n-1: segment n's outcome is awaited under the present lease
  unsure       BIGINT   NOT NULL,       -- bit n-1: segment n's last outcome was unsure, so it is not refunded
  due          BIGINT   NOT NULL,       -- leased: when the lease ends; waiting: when it is ready
  token        BIGINT   NOT NULL,       -- fences the present lease
  expires_at   BIGINT   NOT NULL,
  attempt      INTEGER  NOT NULL,
  priority     SMALLINT NOT NULL,
  state        SMALLINT NOT NULL        -- kavle.store.rows.JobState
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000,
        autovacuum_vacuum_cost_delay = 0, vacuum_truncate = false);
CREATE INDEX job_ready ON job (carrier_id, priority DESC, tag, message_id) WHERE state = 0;
CREATE INDEX job_due ON job (state, due) WHERE state <> 0;

CREATE TABLE awaiting (                 -- segments whose receipt is open; not unique by network id: networks reuse ids
  domain       BIGINT   NOT NULL,       -- whose ids these are: a carrier
  message_id   BIGINT   NOT NULL,
  at           BIGINT   NOT NULL,
  attempt      INTEGER  NOT NULL,
  number       SMALLINT NOT NULL,
  network_id   TEXT     NOT NULL,
  recipient    TEXT     NOT NULL,
  PRIMARY KEY (domain, network_id, message_id, number, attempt)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000,
        autovacuum_vacuum_cost_delay = 0, vacuum_truncate = false);

CREATE TABLE waiting (                  -- receipts that match no segment yet: kept, bounded, expiring
  id           BIGINT   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  domain       BIGINT   NOT NULL,
  at           BIGINT   NOT NULL,
  status       SMALLINT,
  network_id   TEXT     NOT NULL,
  recipient    TEXT     NOT NULL,
  raw          TEXT     NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, vacuum_truncate = false);
CREATE INDEX waiting_id ON waiting (domain, network_id);

-- Partitions are named by their first id (message_0, message_10000000 …). Each is made as a table of its own
-- and attached: that takes no lock that reading or writing the others would wait for.
CREATE FUNCTION make_partitions(until BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
  width   CONSTANT BIGINT := 10000000;
  parent  TEXT;
  key     TEXT;
  child   TEXT;
  first   BIGINT;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('kavle partitions', 0));
  SELECT coalesce(max(substring(c.relname FROM '[0-9]+$')::BIGINT) + width, 0) INTO first
    FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = 'receipt'::regclass;
  WHILE first <= until LOOP
    FOREACH parent IN ARRAY ARRAY['message', 'body', 'segment', 'receipt'] LOOP
      key := CASE parent WHEN 'message' THEN 'id' ELSE 'message_id' END;
      child := parent || '_' || first;
      -- The statuses of a message change twice, mostly: room for them in the row's own page.
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (fillfactor = %s)', child, parent,
                     CASE parent WHEN 'message' THEN 80 ELSE 100 END);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, child,
                     first, first + width);
    END LOOP;
    first := first + width;
  END LOOP;
  RETURN first;                         -- ids below this one have their partitions
END $$;
SELECT make_partitions(10000000);
