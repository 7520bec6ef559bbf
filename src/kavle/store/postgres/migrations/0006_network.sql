-- What the store must know of a carrier, and receipts that are about a whole message. What is said of these
-- columns on SQLite holds here.
ALTER TABLE carrier ADD COLUMN hold BOOLEAN NOT NULL DEFAULT false, ADD COLUMN whole BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN down_since BIGINT;

ALTER TABLE receipt ADD COLUMN whole BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE waiting ADD COLUMN whole BOOLEAN NOT NULL DEFAULT false;
