"""A checkpoint of the size and layout of imagenet_f16_16384: minutes of work, so it runs only when asked for.

python -m pytest -m slow tests/drawers/vqgan/test_full_size.py
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from published import describe, lightning, make_reference

F16_16384 = {
    "double_z": False,
    "z_channels": 256,
    "resolution": 256,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 128,
    "ch_mult": [1, 1, 2, 2, 4],
    "num_res_blocks": 2,
    "attn_resolutions": [16],
    "dropout": 0.0,
}

PAINT = """
import json, resource, pixray
pixray.run("red", drawer="vqgan", clip_models="toy", iterations=2, num_cuts=4, outdir="out", seed=1)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"peak": peak * (1 if __import__("sys").platform == "darwin" else 1024)}))
"""


def write_full_size(folder):
    """Weights, perceptual loss, discriminator and Adam's moments: 0.98 GB, as published."""
    reference = make_reference(F16_16384, 16384, 256)
    weights = reference.state_dict()
    adam = {
        number: {"step": 1, "exp_avg": torch.zeros_like(value), "exp_avg_sq": torch.zeros_like(value)}
        for number, value in enumerate(weights.values())
    }
    vgg = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256), (256, 512)]
    vgg += [(512, 512)] * 5
    extras = {
        f"loss.perceptual_loss.net.slice{number}.0.weight": torch.zeros(outs, ins, 3, 3)
        for number, (ins, outs) in enumerate(vgg)
    }
    for content in lightning({**weights, **extras}):
        content["optimizer_states"] = [{"state": adam, "param_groups": [{"lr": 4.5e-6, "params": list(adam)}]}]
        torch.save(content, folder / "vqgan_imagenet_f16_16384.ckpt")
    config = describe("VQModel", F16_16384, 16384, 256)
    (folder / "vqgan_imagenet_f16_16384.yaml").write_text(yaml.safe_dump(config))


@pytest.mark.slow
def test_the_real_model_s_layout_loads_and_paints_two_steps_within_6_gigabytes(monkeypatch):
    Path("checkpoints").mkdir()
    write_full_size(Path("checkpoints"))
    assert 0.9e9 < Path("checkpoints/vqgan_imagenet_f16_16384.ckpt").stat().st_size < 1.1e9
    monkeypatch.setenv("PIXRAY_PLUGINS", "perceptor:toy=pixray.testing.fakes:ToyPerceptor")
    done = subprocess.run([sys.executable, "-c", PAINT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.strip().splitlines()[-1])["peak"] < 6e9
    from PIL import Image

    with Image.open("out/output.png") as picture:
        assert picture.size == (384, 208)
        assert json.loads(picture.text["pixray_record"])["vqgan_model"] == "imagenet_f16_16384"
