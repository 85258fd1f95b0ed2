"""A small PNG that claims to be a very large picture."""

import struct
import zlib


def bomb(width, height):
    """The PNG, in black and white; its pixels are missing."""
    chunks = b""
    for kind, content in (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(1000))),
        (b"IEND", b""),
    ):  # fmt: skip
        chunks += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return b"\x89PNG\r\n\x1a\n" + chunks
