-- A carrier's links are shared out among the nodes that serve it by rows that expire: an advisory lock would
-- die with its database session while the bind at the network lives on. The times in both are the database's.

CREATE TABLE link (                     -- one row a link that a carrier may have, over all nodes
  carrier_id   BIGINT   NOT NULL,
  node_id      BIGINT,                  -- whose it is, until then; null: it was given back
  token        BIGINT   NOT NULL,       -- rises with each change of hands
  expires_at   BIGINT   NOT NULL,
  number       SMALLINT NOT NULL,       -- 1 … the carrier's `binds`
  PRIMARY KEY (carrier_id, number)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE contender (                -- nodes that would have some of a carrier's links
  carrier_id   BIGINT   NOT NULL,
  node_id      BIGINT   NOT NULL,
  expires_at   BIGINT   NOT NULL,
  PRIMARY KEY (carrier_id, node_id)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
