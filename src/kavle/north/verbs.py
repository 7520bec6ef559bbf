"""What customers are served by."""

from __future__ import annotations

from typing import NamedTuple

from kavle.core.accept import Accept
from kavle.core.cancel import Cancel
from kavle.core.mms_files import MmsFiles
from kavle.core.portal import Portal
from kavle.core.queries import Queries


class Verbs(NamedTuple):
    """Of core: each face takes those that it speaks by."""

    accept: Accept
    cancel: Cancel
    queries: Queries
    portal: Portal
    files: MmsFiles
