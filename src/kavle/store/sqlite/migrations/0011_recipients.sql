-- Messages by their recipient, in runs: the rows of 8,192 ids at a time, entered in their order once these ids are
-- settled, at the end of the table. An index kept with each message would touch a page of its own for each.
CREATE TABLE recipient_run (
  run          INTEGER NOT NULL,        -- message id / 8,192
  recipient    TEXT    NOT NULL,
  account_id   INTEGER NOT NULL,
  message_id   INTEGER NOT NULL,
  PRIMARY KEY (run, recipient, account_id, message_id)
) WITHOUT ROWID;

CREATE TABLE recipient_runs (           -- one row: how far they go
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  first        INTEGER NOT NULL,        -- the first run that is not dropped
  next         INTEGER NOT NULL         -- the first run that is not made
);
INSERT INTO recipient_runs VALUES (1, 0, 0);
