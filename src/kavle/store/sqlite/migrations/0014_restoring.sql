-- By what a database knows whether it is what it was, or a copy that was put back.
CREATE TABLE restoring (                -- one row, once it has been served from; none before
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  home         TEXT    NOT NULL,        -- stands in the .mark beside the file, too; drawn anew when it is a copy
  tick         INTEGER NOT NULL,        -- rises while anything is written; beside it, too
  restored     TEXT                     -- JSON: kavle.store.restoring.Restored; null: nothing to confirm
);
