-- The main road: accounts and their money, messages, the queue, segments and receipts.
-- Times are milliseconds since 1970 in UTC; money is in ten-thousandths of a credit.
-- The same tables stand on PostgreSQL, where message, body, segment and receipt are partitioned by message id.

CREATE TABLE gateway (                  -- one row: what this gateway is
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  id_key       BLOB    NOT NULL,        -- of the public ids; changing it would rename every message
  last_id      INTEGER NOT NULL         -- the newest internal id; never reused
);
INSERT INTO gateway VALUES (1, randomblob(32), 0);

CREATE TABLE carrier (
  id           INTEGER PRIMARY KEY,
  name         TEXT    NOT NULL UNIQUE
);

CREATE TABLE account (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  name          TEXT    NOT NULL UNIQUE,
  password_hash TEXT    NOT NULL,
  created_at    INTEGER NOT NULL
);

CREATE TABLE balance (                  -- apart from account, which is read often and hardly changes
  account_id   INTEGER PRIMARY KEY REFERENCES account,
  amount       INTEGER NOT NULL CHECK (amount >= 0),
  weight       INTEGER NOT NULL DEFAULT 1 CHECK (weight > 0),
  tag          INTEGER NOT NULL DEFAULT 0        -- the account's last place in the fair queue
);

CREATE TABLE ledger (                   -- sum(amount) per account = balance.amount, always
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id   INTEGER NOT NULL REFERENCES account,
  at           INTEGER NOT NULL,
  kind         INTEGER NOT NULL,        -- kavle.store.rows.Entry
  amount       INTEGER NOT NULL,        -- signed
  balance      INTEGER NOT NULL,        -- after this entry
  message_id   INTEGER                  -- of the accept that it pays for
);

CREATE TABLE message (                  -- insert-mostly: only status and status_at ever change
  id            INTEGER PRIMARY KEY,
  account_id    INTEGER NOT NULL,
  carrier_id    INTEGER NOT NULL,
  recipient     TEXT    NOT NULL,
  sender        TEXT    NOT NULL,
  encoding      INTEGER NOT NULL,       -- 3GPP TS 23.038: 0 GSM 7 bit, 8 UCS-2
  flash         INTEGER NOT NULL,
  priority      INTEGER NOT NULL,
  segments      INTEGER NOT NULL,
  segment_price INTEGER NOT NULL,
  accepted_at   INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  status        INTEGER NOT NULL,       -- the manual's code
  status_at     INTEGER NOT NULL
);

CREATE TABLE body (                     -- the text, erasable without rewriting messages
  message_id   INTEGER PRIMARY KEY,
  text         TEXT    NOT NULL
);

CREATE TABLE job (                      -- the queue: one narrow row a message that waits, deleted when handed over
  message_id   INTEGER PRIMARY KEY,
  carrier_id   INTEGER NOT NULL,
  priority     INTEGER NOT NULL,
  tag          INTEGER NOT NULL,        -- fair order within a priority
  state        INTEGER NOT NULL,        -- kavle.store.rows.JobState
  unsent       INTEGER NOT NULL,        -- bit n-1: segment n is not yet with the network
  handed       INTEGER NOT NULL,        -- bit n-1: segment n's outcome is awaited under the present lease
  unsure       INTEGER NOT NULL,        -- bit n-1: segment n's last outcome was unsure, so it is not refunded
  attempt      INTEGER NOT NULL,
  due          INTEGER NOT NULL,        -- leased: when the lease ends; waiting: when it is ready
  token        INTEGER NOT NULL,        -- fences the present lease
  expires_at   INTEGER NOT NULL
);
CREATE INDEX job_ready ON job (carrier_id, priority DESC, tag, message_id) WHERE state = 0;
CREATE INDEX job_due ON job (state, due) WHERE state <> 0;

CREATE TABLE segment (                  -- insert-only: one row an attempt to hand a segment to the network
  message_id   INTEGER NOT NULL,
  number       INTEGER NOT NULL,        -- from 1
  attempt      INTEGER NOT NULL,
  outcome      INTEGER NOT NULL,        -- kavle.store.rows.SegmentOutcome
  status       INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  network_id   TEXT,
  error        TEXT,
  PRIMARY KEY (message_id, number, attempt)
) WITHOUT ROWID;

CREATE TABLE awaiting (                 -- segments whose receipt is open; not unique by network id: networks reuse ids
  domain       INTEGER NOT NULL,        -- whose ids these are: a carrier
  network_id   TEXT    NOT NULL,
  message_id   INTEGER NOT NULL,
  number       INTEGER NOT NULL,
  attempt      INTEGER NOT NULL,
  recipient    TEXT    NOT NULL,
  at           INTEGER NOT NULL,
  PRIMARY KEY (domain, network_id, message_id, number, attempt)
) WITHOUT ROWID;

CREATE TABLE receipt (                  -- as they came, matched
  id           INTEGER PRIMARY KEY,
  message_id   INTEGER NOT NULL,
  number       INTEGER NOT NULL,
  attempt      INTEGER NOT NULL,
  status       INTEGER,                 -- null: it told nothing that is known
  at           INTEGER NOT NULL,
  raw          TEXT    NOT NULL
);
CREATE INDEX receipt_message ON receipt (message_id);

CREATE TABLE waiting (                  -- receipts that match no segment yet: kept, bounded, expiring
  id           INTEGER PRIMARY KEY,
  domain       INTEGER NOT NULL,
  network_id   TEXT    NOT NULL,
  recipient    TEXT    NOT NULL,
  status       INTEGER,
  at           INTEGER NOT NULL,
  raw          TEXT    NOT NULL
);
CREATE INDEX waiting_id ON waiting (domain, network_id);
