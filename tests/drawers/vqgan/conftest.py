"""The fixture that writes VQGANs in the published layouts; published.py holds what it is made of."""

from pathlib import Path

import pytest
import torch
import yaml
from published import describe, make_reference, write_checkpoint


@pytest.fixture
def published():
    """A function that writes one model in a published layout and gives taming's own modules with its weights."""

    def write(stem="checkpoints/vqgan_coco", target="VQModel", ending=".ckpt", planted=None, **shape):
        reference = make_reference(gumbel=target == "GumbelVQ", **shape)
        shape.pop("seed", None)
        prefix = "first_stage_model." if target == "Net2NetTransformer" else ""
        state_dict = {prefix + name: value for name, value in reference.state_dict().items()}
        if prefix:
            state_dict["transformer.head.weight"] = torch.zeros(4, 4)
        path = Path(f"{stem}{ending}")
        write_checkpoint(path, state_dict, planted)
        Path(f"{stem}.yaml").write_text(yaml.safe_dump(describe(target, **shape)))
        return reference

    return write
