-- Those who run the gateway, as people, and what each of them has changed. What is said of these columns on SQLite
-- holds here.

CREATE TABLE operator (
  created_at    BIGINT   NOT NULL,
  disabled      BOOLEAN  NOT NULL,
  name          TEXT     PRIMARY KEY,
  password_hash TEXT     NOT NULL,
  role          TEXT     NOT NULL
);

CREATE TABLE audit (
  id            BIGINT   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at            BIGINT   NOT NULL,
  came          SMALLINT NOT NULL,
  operator      TEXT     NOT NULL,
  what          TEXT     NOT NULL,
  subject       TEXT     NOT NULL,
  before        TEXT     NOT NULL,
  after         TEXT     NOT NULL
);
