-- What a person's number sent is found by it; and which numbers were erased is known, though not the numbers. What is
-- said of these columns on SQLite holds here.
CREATE INDEX incoming_sender ON incoming (sender, id);

CREATE TABLE erasure (
  at           BIGINT   NOT NULL,
  digest       BYTEA    PRIMARY KEY
);
