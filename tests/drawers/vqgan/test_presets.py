"""Every preset paints. Here, because most of them want a VQGAN, of which this folder has a small one."""

import pytest
import torch

from pixray.settings.presets import preset_names, read_preset

OLD = {
    "hello_pixray",
    "pixray_pixel",
    "pixray_vqgan",
    "pixray_vdiff",
    "pixrayraw",
    "pixrayapi",
    "text2image",
    "text2pixel",
    "tiler_fft",
    "tiler_fft_shift",
    "tiler_pixel",
    "tiler_pixel_shift",
    "8bidg",
    "genesis_draft",
    "genesis_mintable",
}


def test_every_old_preset_is_there():
    assert set(preset_names()) >= OLD


@pytest.mark.parametrize("name", sorted(OLD))
def test_b8_presets_run(name, session, published):
    """Most of the published ones held a folder in `output`, or settings that no longer existed, and were refused."""
    preset = read_preset(name)
    small = {"size": [48, 32], "iterations": 3, "num_cuts": 2, "batches": 1}
    if preset.get("drawer", "vqgan") == "vqgan":
        published(stem="checkpoints/vqgan_imagenet_f16_16384")
    if "pixel_size" in preset:
        small["pixel_size"] = [12, 8]
    made = session(**{**{"drawer": "vqgan"}, **preset, **small})
    before = made.drawer.state()
    for event in made.run():
        last = event
    assert made.step == 3 and last.reason == "complete"
    assert made.image().size == (48, 32)
    assert any(not torch.equal(before[name], tensor) for name, tensor in made.drawer.state().items())


@pytest.mark.parametrize(("name", "size"), [("tiler_pixel", (64, 64)), ("tiler_pixel_shift", (64, 32))])
def test_tilers_keep_their_grids(name, size, session):
    made = session(**read_preset(name), iterations=0)
    assert (made.drawer.cells.columns, made.drawer.cells.rows) == size
