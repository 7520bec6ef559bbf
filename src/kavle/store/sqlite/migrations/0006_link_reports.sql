-- What the node that has a link tells of it, for `kavle carriers`: a LinkReport as JSON; null: nothing yet.
ALTER TABLE link ADD COLUMN report TEXT;
