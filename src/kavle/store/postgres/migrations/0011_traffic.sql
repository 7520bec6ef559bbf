-- Counts by minute and by hour, for charts. What is said of these columns on SQLite holds here.

CREATE TABLE tally (
  since        XID8     NOT NULL DEFAULT pg_current_xact_id(),  -- what transactions before the horizon brought is whole
  at           BIGINT   NOT NULL,
  account_id   BIGINT   NOT NULL,
  carrier_id   BIGINT   NOT NULL,
  accepted     INTEGER  NOT NULL,
  sent         INTEGER  NOT NULL,
  delivered    INTEGER  NOT NULL,
  failed       INTEGER  NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0, vacuum_truncate = false);
CREATE INDEX tally_since ON tally (since);

CREATE TABLE traffic (
  account_id   BIGINT   NOT NULL,
  at           BIGINT   NOT NULL,
  carrier_id   BIGINT   NOT NULL,
  accepted     BIGINT   NOT NULL,
  sent         BIGINT   NOT NULL,
  delivered    BIGINT   NOT NULL,
  failed       BIGINT   NOT NULL,
  minutes      SMALLINT NOT NULL,
  PRIMARY KEY (minutes, account_id, at, carrier_id)
) WITH (fillfactor = 80);
