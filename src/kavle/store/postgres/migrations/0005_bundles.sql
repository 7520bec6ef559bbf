-- Bundles, one text to many, and messages that are not to be sent before a time. What is said of these columns
-- on SQLite holds here.
ALTER TABLE message ADD COLUMN due_at BIGINT, ADD COLUMN bundle_id BIGINT;

CREATE TABLE bundle (
  id            BIGINT   PRIMARY KEY,
  account_id    BIGINT   NOT NULL,
  accepted_at   BIGINT   NOT NULL,
  expires_at    BIGINT   NOT NULL,
  due_at        BIGINT,
  cancelled_at  BIGINT,
  tag_step      BIGINT   NOT NULL,
  count         INTEGER  NOT NULL,
  segments      SMALLINT NOT NULL,
  priority      SMALLINT NOT NULL,
  encoding      SMALLINT NOT NULL,
  sender        TEXT     NOT NULL
);

CREATE TABLE bundle_part (
  first_id      BIGINT   PRIMARY KEY,
  last_id       BIGINT   NOT NULL,
  bundle_id     BIGINT   NOT NULL,
  tag           BIGINT   NOT NULL,
  priority      SMALLINT NOT NULL,
  work          SMALLINT NOT NULL,
  recipients    JSONB
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX bundle_part_bundle ON bundle_part (bundle_id, first_id);
CREATE INDEX bundle_part_work ON bundle_part (work DESC, priority DESC, tag, first_id) WHERE work <> 0;

-- One row, whose lock keeps apart who makes messages due and who cancels a whole bundle, on nodes whose clocks
-- differ: what is due by one node's clock can't be cancelled by another's any more.
CREATE TABLE schedule (
  one            SMALLINT PRIMARY KEY CHECK (one = 1),
  promoted_until BIGINT   NOT NULL
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
INSERT INTO schedule VALUES (1, 0);
