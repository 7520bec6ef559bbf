-- The newest time that was seen, so that one far ahead of it is doubted before anything is erased by it. What is said
-- of these columns on SQLite holds here.

CREATE TABLE seen (
  at       BIGINT   NOT NULL,
  doubted  BIGINT,
  one      SMALLINT PRIMARY KEY CHECK (one = 1)
);
