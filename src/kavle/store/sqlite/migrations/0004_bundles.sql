-- Bundles, one text to many, and messages that are not to be sent before a time.
ALTER TABLE message ADD COLUMN due_at INTEGER;     -- of a time-controlled one: as asked for, maybe in the past
ALTER TABLE message ADD COLUMN bundle_id INTEGER;  -- whose body is its text, and to whose accept it is refunded

CREATE TABLE bundle (                   -- as accepted; insert-only but for cancelled_at
  id            INTEGER PRIMARY KEY,    -- from the same counter as the messages' ids
  account_id    INTEGER NOT NULL,
  sender        TEXT    NOT NULL,
  encoding      INTEGER NOT NULL,
  segments      INTEGER NOT NULL,       -- of each message
  priority      INTEGER NOT NULL,
  accepted_at   INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  due_at        INTEGER,
  tag_step      INTEGER NOT NULL,       -- from one message's place in the fair queue to the next one's
  count         INTEGER NOT NULL,       -- recipients
  cancelled_at  INTEGER
);

-- Consecutive ids of one bundle's messages, 2,000 at most. Parts stay when their work is done: by them a
-- bundle's messages are ranges of message's own key.
CREATE TABLE bundle_part (
  first_id      INTEGER PRIMARY KEY,
  last_id       INTEGER NOT NULL,
  bundle_id     INTEGER NOT NULL,
  priority      INTEGER NOT NULL,
  tag           INTEGER NOT NULL,       -- of its first message, in the fair queue
  work          INTEGER NOT NULL,       -- kavle.store.rows.PartWork: what is still to be done
  recipients    TEXT                    -- JSON [[recipient, carrier, segment price], ...]; null once they are messages
);
CREATE INDEX bundle_part_bundle ON bundle_part (bundle_id, first_id);
CREATE INDEX bundle_part_work ON bundle_part (work DESC, priority DESC, tag, first_id) WHERE work <> 0;
