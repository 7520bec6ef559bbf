-- What the node that has a link tells of it, for `kavle carriers`. What is said of it on SQLite holds here.
ALTER TABLE link ADD COLUMN report TEXT;
