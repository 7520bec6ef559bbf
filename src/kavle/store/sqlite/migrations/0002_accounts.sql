-- What is set per account, as one JSON object (kavle.model.account.AccountSettings): it is read whole, with the
-- account, and never searched.
ALTER TABLE account ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
