"""How an MMS's status is told: Appendix B of the manual."""

from __future__ import annotations

import pytest

from kavle.model.mms import IncomingFile, MmsFile, mms_code
from kavle.model.status import FINAL, Status

APPENDIX_B = {0, 1, 2, 3, 4, 11, 21, 22, 30, 41, 42, 44, 45, 50}
NEVER = {Status.INVALID_NUMBER, Status.CANCELLED}
"""Of bundles, and of what is time controlled: no MMS is either."""


@pytest.mark.parametrize(
    ("kept", "told"),
    [(10, 0), (11, 11), (21, 21), (22, 22), (41, 41), (42, 42), (43, 44), (50, 50), (51, 50), (52, 45)],
)
def test_each_status_is_told_in_appendix_bs_codes(kept: int, told: int) -> None:
    assert mms_code(Status(kept)) == told


def test_none_is_told_that_appendix_b_has_not() -> None:
    kept = (FINAL - NEVER) | {Status.RECEIVED, Status.DELAYED, Status.IN_NETWORK}
    assert {mms_code(status) for status in kept} <= APPENDIX_B


def test_no_log_shows_a_files_octets() -> None:
    assert "secret" not in repr(MmsFile("a.txt", "text/plain", b"secret"))
    assert "secret" not in repr(IncomingFile("a.txt", "text/plain", "", b"secret"))
