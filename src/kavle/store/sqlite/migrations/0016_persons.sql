-- What a person's number sent is found by it; and which numbers were erased is known, though not the numbers.
CREATE INDEX incoming_sender ON incoming (sender, id);

CREATE TABLE erasure (
  digest       BLOB    PRIMARY KEY,     -- keyed, of the number: kavle.store.persons.fingerprint
  at           INTEGER NOT NULL         -- when it was erased last
) WITHOUT ROWID;
