-- Those who run the gateway, as people, and what each of them has changed.

CREATE TABLE operator (
  name          TEXT    PRIMARY KEY,
  password_hash TEXT    NOT NULL,
  role          TEXT    NOT NULL,       -- kavle.model.account.Role
  disabled      INTEGER NOT NULL,
  created_at    INTEGER NOT NULL
);

CREATE TABLE audit (                    -- written before the change that it tells of is made
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  at            INTEGER NOT NULL,
  operator      TEXT    NOT NULL,       -- a name, also of one who is gone; 'system:' before a system user's
  what          TEXT    NOT NULL,
  subject       TEXT    NOT NULL,
  came          INTEGER NOT NULL,       -- kavle.model.audit.Came
  before        TEXT    NOT NULL,       -- JSON: what the change made different, and only that
  after         TEXT    NOT NULL
);
