-- Messages by their recipient, in runs. What is said of them on SQLite holds here.
CREATE TABLE recipient_run (
  run          BIGINT  NOT NULL,
  account_id   BIGINT  NOT NULL,
  message_id   BIGINT  NOT NULL,
  recipient    TEXT    NOT NULL,
  PRIMARY KEY (run, recipient, account_id, message_id)
);

CREATE TABLE recipient_runs (
  one          SMALLINT PRIMARY KEY CHECK (one = 1),
  first        BIGINT   NOT NULL,
  next         BIGINT   NOT NULL
) WITH (fillfactor = 20);
INSERT INTO recipient_runs VALUES (1, 0, 0);
