-- MMS: messages like the others, of one segment, with files beside their text.
ALTER TABLE message ADD COLUMN service INTEGER NOT NULL DEFAULT 0;  -- kavle.model.service.Service
ALTER TABLE carrier ADD COLUMN service INTEGER NOT NULL DEFAULT 0;  -- it carries this one alone

CREATE TABLE file (                     -- of messages that go out or came in; erasable as a body is
  message_id   INTEGER NOT NULL,
  number       INTEGER NOT NULL,        -- from 1, in their order
  name         TEXT    NOT NULL,
  content_type TEXT    NOT NULL,
  content_id   TEXT    NOT NULL,        -- of what came in: as its network named it
  size         INTEGER NOT NULL,        -- octets of data, which stands last: who reads the others does not read it
  data         BLOB    NOT NULL,
  PRIMARY KEY (message_id, number)
);

-- Of an MMS: what its network said of it, as JSON (kavle.store.inbox.MmsSaid); null: an SMS. Its subject is its body.
ALTER TABLE incoming ADD COLUMN mms TEXT;

CREATE TABLE incoming_seen (            -- MMS that came: the same again is the network's second try
  digest       BLOB    PRIMARY KEY,
  at           INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX incoming_seen_at ON incoming_seen (at);
