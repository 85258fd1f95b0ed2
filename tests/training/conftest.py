import json

import numpy as np
import pytest
from PIL import Image

from training import vocabulary as words
from training.sprites import PER_ROW, TILE, load_sprites


@pytest.fixture(scope="session")
def atlases(tmp_path_factory):
    """A folder in the form of the sprites, with plain discs for all things."""
    folder = tmp_path_factory.mktemp("sprites")
    things = [*words.COMMON, "spoon"]
    names = json.dumps([{"key": thing, "names": [thing.replace(" ", "_")]} for thing in things])
    side = np.linspace(-1, 1, TILE)
    disc = (side[:, None] ** 2 + side**2 < 0.8).astype(np.uint8) * 255
    rows = -(-len(things) // PER_ROW)
    coverage = np.tile(disc, (rows, PER_ROW))
    picture = np.dstack([np.full_like(coverage, 200), coverage // 4, coverage // 8, coverage])
    sets = {*words.COLOURED_SETS, *words.PIXEL_SETS}
    for name in [*sets, *words.SILHOUETTE_SETS, *words.LINE_SETS]:
        (folder / f"{name}.json").write_text(names)
        if name in sets:
            Image.fromarray(picture).save(folder / f"{name}.webp", lossless=True, method=0)
        else:
            Image.fromarray(coverage).save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="session")
def sprites(atlases):
    return load_sprites(atlases)
