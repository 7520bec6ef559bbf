-- What the store must know of a carrier, and receipts that are about a whole message.
ALTER TABLE carrier ADD COLUMN hold INTEGER NOT NULL DEFAULT 0;   -- 1: what is unsure waits for an operator
ALTER TABLE carrier ADD COLUMN whole INTEGER NOT NULL DEFAULT 0;  -- 1: a receipt is about the whole message
ALTER TABLE carrier ADD COLUMN down_since INTEGER;                -- null: it has a link

ALTER TABLE receipt ADD COLUMN whole INTEGER NOT NULL DEFAULT 0;  -- 1: of all segments, not of `number` alone
ALTER TABLE waiting ADD COLUMN whole INTEGER NOT NULL DEFAULT 0;
