"""Checkpoints of any content: a run goes on from a sound one, and everything else is one sentence."""

import json
import random
import struct
from pathlib import Path

import pytest

from pixray.errors import PixrayError
from pixray.models.store import ModelStore
from pixray.recorders.base import attach
from pixray.recorders.checkpoint import NAME
from pixray.recorders.files import FileRecorder
from pixray.runs.resume import resume

ODD = [None, True, -1, 10**30, 1e308, float("nan"), "", [], {}, {"$tensor": "no"}, {"$items": 5}, {"$items": [[[], 1]]}]
DEEP = "[" * 100_000


def places(value, path=()):
    """The path of every value in nested dicts and lists."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from places(item, (*path, key))


def packed(head, tensors):
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + tensors


def damaged(good, chance):
    """The content of a checkpoint, with some bytes changed, cut off, or one value of its JSON exchanged."""
    kind = chance.random()
    if kind < 0.3:
        content = bytearray(good)
        for _ in range(chance.randint(1, 8)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        return bytes(content)
    if kind < 0.4:
        return good[: chance.randrange(len(good))]
    length = struct.unpack("<Q", good[:8])[0]
    head = json.loads(good[8 : 8 + length])
    ((name, text),) = head["__metadata__"].items()
    tree = json.loads(text)
    path = chance.choice(list(places(tree)))
    holder = tree
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = chance.choice(ODD)
    head["__metadata__"] = {name: DEEP if kind > 0.97 else json.dumps(tree)}
    return packed(head, good[8 + length :])


@pytest.mark.parametrize("drawer", ["pixel", "line_sketch"])
def test_damaged_checkpoints_are_one_sentence(session, registry, drawer):
    little = {"pixel_size": [6, 4]} if drawer == "pixel" else {"strokes": 3, "stroke_length": 2}
    made = session(outdir="out", drawer=drawer, iterations=4, checkpoint_every=2, save_intermediates=False, **little)
    list(attach(made.run(), FileRecorder(made.settings)))
    path, chance = Path("out", NAME), random.Random(1)
    good = path.read_bytes()
    told = 0
    for _ in range(25):
        path.write_bytes(damaged(good, chance))
        try:
            _, files = resume("out", registry, ModelStore())
        except PixrayError as error:
            told += 1
            assert len(str(error).splitlines()) == 1 and str(path) in str(error)
        else:
            files.close()
    assert told > 10
    path.write_bytes(good)
    assert resume("out", registry, ModelStore())[0].step == 4
