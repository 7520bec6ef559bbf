-- By what a database knows whether it is what it was, or a copy that was put back.
CREATE TABLE restoring (                -- one row, once it has been served from; none before
  one          SMALLINT PRIMARY KEY CHECK (one = 1),
  home         TEXT     NOT NULL,       -- the server, the database and this table, as the server numbers them
  restored     TEXT                     -- JSON: kavle.store.restoring.Restored; null: nothing to confirm
);
