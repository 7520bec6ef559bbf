-- One customer's messages, the newest first, however many there are.
CREATE INDEX message_account ON message (account_id, id);
