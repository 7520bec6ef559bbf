-- A carrier's links are shared out among the nodes that serve it by rows that expire. A file has one node; the
-- tables are the same as on PostgreSQL.

CREATE TABLE link (                     -- one row a link that a carrier may have, over all nodes
  carrier_id   INTEGER NOT NULL,
  number       INTEGER NOT NULL,        -- 1 … the carrier's `binds`
  node_id      INTEGER,                 -- whose it is, until then; null: it was given back
  token        INTEGER NOT NULL,        -- rises with each change of hands
  expires_at   INTEGER NOT NULL,
  PRIMARY KEY (carrier_id, number)
) WITHOUT ROWID;

CREATE TABLE contender (                -- nodes that would have some of a carrier's links
  carrier_id   INTEGER NOT NULL,
  node_id      INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  PRIMARY KEY (carrier_id, node_id)
) WITHOUT ROWID;
