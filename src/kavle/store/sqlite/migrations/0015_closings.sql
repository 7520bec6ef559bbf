-- The ledger's closings: so that what an account's entries come to is held against its balance without reading them
-- all again.

CREATE TABLE closing (
  account_id   INTEGER NOT NULL REFERENCES account,
  month        INTEGER NOT NULL,        -- 202611, in UTC
  entries      INTEGER NOT NULL,        -- of this month
  last_id      INTEGER NOT NULL,        -- of the ledger's: closed as far as that
  balance      INTEGER NOT NULL,        -- after that entry, which all up to it add up to
  PRIMARY KEY (account_id, month)
) WITHOUT ROWID;
