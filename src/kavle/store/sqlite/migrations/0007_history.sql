-- One customer's messages, the newest first: by this and the key, however many there are.
CREATE INDEX message_account ON message (account_id);
