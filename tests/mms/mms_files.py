"""Files of each kind that phones show, as small as they are still of that kind."""

from __future__ import annotations

import struct
import zlib
from typing import Final

JPEG: Final = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\0\0\1\0\1\0\0\xff\xd9"
GIF: Final = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
AMR: Final = b"#!AMR\n<" + bytes(31)
ID3: Final = b"ID3\x03\0\0\0\0\0\0\xff\xfb\x90\0"
MP4: Final = b"\0\0\0\x14ftypisom\0\0\2\0isom\0\0\0\x08free"
THREE_GPP: Final = b"\0\0\0\x14ftyp3gp4\0\0\2\x003gp4\0\0\0\x08free"
VCARD: Final = b"BEGIN:VCARD\r\nVERSION:2.1\r\nN:Lind;Karin\r\nEND:VCARD\r\n"
VCALENDAR: Final = b"BEGIN:VCALENDAR\r\nVERSION:1.0\r\nEND:VCALENDAR\r\n"
SMIL: Final = b'<?xml version="1.0"?>\n<!-- slides -->\n<smil><body/></smil>'


def png(width: int = 2, height: int = 2, shade: int = 0x55) -> bytes:
    """A picture that any browser shows."""
    rows = b"".join(b"\0" + bytes([shade]) * 3 * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def mp3_frames(count: int) -> bytes:
    """MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 octets a frame."""
    return (b"\xff\xfb\x90\0" + bytes(413)) * count
