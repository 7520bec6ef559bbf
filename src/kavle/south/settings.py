"""Settings that carriers of every kind have."""

from __future__ import annotations

from typing import Literal

OnUnsure = Literal["send again", "hold"]
"""What becomes of a segment that was sent and never answered."""
