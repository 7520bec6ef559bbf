"""Why a store can't be used, in words for whoever runs it."""


class StoreError(Exception):
    """The store can't be opened or used as it is; the text says what to do."""


class DatabaseInUse(StoreError):
    """Another process is its engine."""


class RowRefused(Exception):
    """The database would not have this one row, whoever else was in its commit: a fault of ours, since what
    is stored was checked before. Nothing of it was stored."""


class StoreUnavailable(Exception):
    """This could not be stored, and it is known that nothing was (the disk is full, say)."""
