-- The newest time that was seen, so that one far ahead of it is doubted before anything is erased by it.

CREATE TABLE seen (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  at       INTEGER NOT NULL,
  doubted  INTEGER              -- since when the clock is; NULL: it is believed
);
