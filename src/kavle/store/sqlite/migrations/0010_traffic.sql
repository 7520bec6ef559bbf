-- Counts by minute and by hour, for charts. Each transaction that changes something appends what it changed to
-- `tally`; a sweep folds that into `traffic`, and empties it.

CREATE TABLE tally (
  at           INTEGER NOT NULL,        -- the minute's beginning
  account_id   INTEGER NOT NULL,
  carrier_id   INTEGER NOT NULL,        -- 0: what leads nowhere
  accepted     INTEGER NOT NULL,
  sent         INTEGER NOT NULL,        -- became 21
  delivered    INTEGER NOT NULL,        -- became 22
  failed       INTEGER NOT NULL         -- became 3 or 41 to 52
);

CREATE TABLE traffic (
  minutes      INTEGER NOT NULL,        -- that it spans: 1 or 60
  account_id   INTEGER NOT NULL,        -- 0: all accounts together
  at           INTEGER NOT NULL,        -- when these begin
  carrier_id   INTEGER NOT NULL,
  accepted     INTEGER NOT NULL,
  sent         INTEGER NOT NULL,
  delivered    INTEGER NOT NULL,
  failed       INTEGER NOT NULL,
  PRIMARY KEY (minutes, account_id, at, carrier_id)
) WITHOUT ROWID;
