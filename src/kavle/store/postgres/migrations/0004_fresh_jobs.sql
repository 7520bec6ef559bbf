-- By which a node finds what has become ready since it last looked, wherever in the queue's order it stands:
-- whoever makes a job ready stamps it with his own transaction. In two steps, since a column that computes its
-- default would have the table rewritten under a lock.
ALTER TABLE job ADD COLUMN since XID8 NOT NULL DEFAULT '0';
ALTER TABLE job ALTER COLUMN since SET DEFAULT pg_current_xact_id();
-- Only who says it in these words can use it, and who does can't use job_ready: the planner has no choice to
-- make, on statistics that are old.
CREATE INDEX job_fresh ON job (carrier_id, since) WHERE state < 1 AND since > '0';
