"""Picture files that Pillow does not write: profiles, 16-bit colour, floats of three channels."""

import struct
import zlib

ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
"""The primaries of Adobe RGB (1998), adapted to D50."""


def matrix_profile(primaries=ADOBE_RGB, gamma=2.19921875):
    """An ICC profile of version 2 with three primaries and one gamma."""

    def xyz(values):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    name = b"made for a test\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(79)
    tags = {b"desc": description, b"cprt": b"text\0\0\0\0none\0\0\0\0", b"wtpt": xyz((0.9642, 1.0, 0.8249))}
    tags |= {b"rXYZ": xyz(primaries[0]), b"gXYZ": xyz(primaries[1]), b"bXYZ": xyz(primaries[2])}
    tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    table, data, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for signature, content in tags.items():
        content += bytes(-len(content) % 4)
        table += signature + struct.pack(">II", offset + len(data), len(content))
        data += content
    body = struct.pack(">I", len(tags)) + table + data
    header = struct.pack(">I4sI4s4s4s", 128 + len(body), b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + body


def png(width, height, bits, kind, rows, *chunks):
    """A PNG from its raw rows (without filter bytes); `chunks` are (type, content) before the pixels."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    inner = [chunk(*one) for one in ((b"IHDR", header), *chunks, (b"IDAT", pixels), (b"IEND", b""))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(inner)


def float_tiff(values):
    """A TIFF of H W 3 floats."""
    height, width, channels = values.shape
    data = values.astype("<f4").tobytes()
    entries = 11
    outside = 8 + 2 + 12 * entries + 4
    numbers = {256: (3, 1, width), 257: (3, 1, height), 259: (3, 1, 1), 262: (3, 1, 2), 277: (3, 1, channels)}
    numbers |= {258: (3, channels, outside), 339: (3, channels, outside + 2 * channels), 284: (3, 1, 1)}
    numbers |= {273: (4, 1, outside + 4 * channels), 278: (3, 1, height), 279: (4, 1, len(data))}
    directory = struct.pack("<H", entries)
    for tag, (kind, count, value) in sorted(numbers.items()):
        directory += struct.pack("<HHII", tag, kind, count, value)
    beyond = struct.pack(f"<{channels}H", *[32] * channels) + struct.pack(f"<{channels}H", *[3] * channels)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 0) + beyond + data
