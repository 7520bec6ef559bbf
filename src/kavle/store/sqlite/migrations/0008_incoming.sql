-- What phones send: customers' numbers, messages put together of their parts, and the calls that bring them to
-- their customers.

CREATE TABLE number (                   -- to which phones may write
  msisdn       TEXT    PRIMARY KEY,     -- 11 or 15 digits
  account_id   INTEGER NOT NULL,
  host         TEXT    NOT NULL,        -- of its callback address
  created_at   INTEGER NOT NULL,
  settings     TEXT    NOT NULL         -- JSON: kavle.model.number.NumberSettings
) WITHOUT ROWID;
CREATE INDEX number_account ON number (account_id, msisdn);

CREATE TABLE incoming (                 -- insert-mostly: only state and state_at ever change; its text is a body
  id           INTEGER PRIMARY KEY,     -- from the same counter as the messages' ids
  account_id   INTEGER,                 -- whose number it was then; null: nobody's
  carrier_id   INTEGER NOT NULL,
  sender       TEXT    NOT NULL,
  recipient    TEXT    NOT NULL,
  received_at  INTEGER NOT NULL,        -- its first part
  parts        INTEGER NOT NULL,        -- of which it was sent
  got          INTEGER NOT NULL,        -- of which it has come: fewer, if some did not come in time
  state        INTEGER NOT NULL,        -- kavle.model.incoming.IncomingState
  state_at     INTEGER NOT NULL
);
CREATE INDEX incoming_account ON incoming (account_id, id);
CREATE INDEX incoming_recipient ON incoming (recipient, id);
CREATE INDEX incoming_failed ON incoming (id) WHERE state = 3;

CREATE TABLE incoming_part (            -- parts of long messages: they wait for the others, and then a while for doubles
  carrier_id   INTEGER NOT NULL,
  reference    INTEGER NOT NULL,        -- with the kind of reference it is: kavle.model.incoming.Piece
  total        INTEGER NOT NULL,
  number       INTEGER NOT NULL,        -- 1 … total
  received_at  INTEGER NOT NULL,
  incoming_id  INTEGER,                 -- the message that it is in; null: it waits
  sender       TEXT    NOT NULL,
  recipient    TEXT    NOT NULL,
  text         BLOB    NOT NULL,        -- UTF-16, big-endian: a part may end in the middle of a character
  PRIMARY KEY (sender, recipient, carrier_id, reference, total, number)
) WITHOUT ROWID;
CREATE INDEX incoming_part_open ON incoming_part (received_at) WHERE incoming_id IS NULL;
CREATE INDEX incoming_part_done ON incoming_part (received_at) WHERE incoming_id IS NOT NULL;

CREATE TABLE callback (                 -- one narrow row a message that its customer does not have, deleted when he does
  incoming_id  INTEGER PRIMARY KEY,
  number       TEXT    NOT NULL,        -- whose calls are made in order, apart from the others'
  state        INTEGER NOT NULL,        -- kavle.store.rows.JobState
  tries        INTEGER NOT NULL,        -- begun, ever
  round        INTEGER NOT NULL,        -- of these since it came or was last replayed
  due          INTEGER NOT NULL,        -- leased: when the lease ends; waiting: when it is ready
  token        INTEGER NOT NULL         -- fences the present lease
);
CREATE INDEX callback_ready ON callback (number, incoming_id) WHERE state = 0;
CREATE INDEX callback_leased ON callback (number) WHERE state = 1;
CREATE INDEX callback_due ON callback (state, due) WHERE state <> 0;

CREATE TABLE callback_try (             -- insert-only: one row a call
  incoming_id  INTEGER NOT NULL,
  number       INTEGER NOT NULL,        -- from 1
  at           INTEGER NOT NULL,
  milliseconds INTEGER NOT NULL,
  status       INTEGER,                 -- HTTP's; null: none came
  head         TEXT    NOT NULL,        -- what its answer began with
  error        TEXT,
  PRIMARY KEY (incoming_id, number)
) WITHOUT ROWID;

CREATE TABLE stop (                     -- phones that an account sends nothing more
  account_id   INTEGER NOT NULL,
  msisdn       TEXT    NOT NULL,
  at           INTEGER NOT NULL,
  PRIMARY KEY (account_id, msisdn)
) WITHOUT ROWID;
