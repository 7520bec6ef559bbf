"""MP3 without an ID3 tag: it begins with a frame, and a frame's header with too few fixed bits to go by it
alone, so the next one must be where the first says (ISO/IEC 11172-3 §2.4.1.3, 13818-3 §2.4.1.3)."""

from __future__ import annotations

from typing import Final

_MPEG_1, _MPEG_2 = 3, 2  # version bits; 0 is MPEG 2.5
_LAYER_3: Final = 1
_KILOBITS: Final = {
    _MPEG_1: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    _MPEG_2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_HERTZ: Final = {_MPEG_1: (44100, 48000, 32000), _MPEG_2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def is_layer_3(data: bytes) -> bool:
    length = _frame_length(data[:4])
    if length is None:
        return False
    return len(data) <= length or _frame_length(data[length : length + 4]) is not None


def _frame_length(header: bytes) -> int | None:
    """Octets of the frame that this is the header of; None if it is none's."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bit_rate, sampling, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if layer != _LAYER_3 or version == 1 or not 1 <= bit_rate <= 14 or sampling == 3:
        return None
    kilobits = _KILOBITS[_MPEG_1 if version == _MPEG_1 else _MPEG_2][bit_rate - 1]
    samples_by_8 = 144 if version == _MPEG_1 else 72
    return samples_by_8 * kilobits * 1000 // _HERTZ[version][sampling] + padding
