-- What an account's portal lists, each by the account and a key: its bundles, its ledger, and what of its single
-- messages waits for its time, which no other message has an entry for.
CREATE INDEX bundle_account ON bundle (account_id);
CREATE INDEX ledger_account ON ledger (account_id);
CREATE INDEX message_due ON message (account_id, due_at) WHERE due_at IS NOT NULL AND bundle_id IS NULL;

-- A password for the pages alone: the other one stands in the URLs that a customer's programs call.
ALTER TABLE account ADD COLUMN portal_hash TEXT;  -- null: the pages are entered by the other one
