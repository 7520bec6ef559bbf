-- The ledger's closings: so that what an account's entries come to is held against its balance without reading them
-- all again. What is said of these columns on SQLite holds here.

CREATE TABLE closing (
  account_id   BIGINT  NOT NULL,
  entries      BIGINT  NOT NULL,
  last_id      BIGINT  NOT NULL,
  balance      BIGINT  NOT NULL,
  month        INTEGER NOT NULL,
  PRIMARY KEY (account_id, month)
);
