"""VQGAN checkpoints in the published layouts, small and with random weights."""

import contextlib
import io
import sys
import types
from pathlib import Path

import numpy as np
import torch
from torch import nn

NETWORK = {
    "double_z": False,
    "z_channels": 16,
    "resolution": 32,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 32,
    "ch_mult": [1, 1, 2],
    "num_res_blocks": 1,
    "attn_resolutions": [8],
    "dropout": 0.0,
}


class Reference(nn.Module):
    """taming-transformers' own modules, tied together as its VQModel and GumbelVQ tie them."""

    def __init__(self, network, num_codes, code_dim, gumbel):
        super().__init__()
        from taming.modules.diffusionmodules.model import Decoder, Encoder
        from taming.modules.vqvae.quantize import GumbelQuantize, VectorQuantizer

        self.encoder, self.decoder = Encoder(**network), Decoder(**network)
        channels = network["z_channels"]
        if gumbel:
            self.quantize = GumbelQuantize(channels, code_dim, num_codes)
            self.quantize.embed.weight.data.normal_()
        else:
            self.quantize = VectorQuantizer(num_codes, code_dim, beta=0.25)
            self.quantize.embedding.weight.data.normal_()
        self.quant_conv = nn.Conv2d(channels, code_dim, 1)
        self.post_quant_conv = nn.Conv2d(code_dim, channels, 1)

    def decode(self, codes):
        return self.decoder(self.post_quant_conv(codes))


def make_reference(network=NETWORK, num_codes=64, code_dim=8, gumbel=False, seed=0):
    # The projection of GumbelVQ reads what quant_conv gives, so published models have code_dim == z_channels.
    code_dim = network["z_channels"] if gumbel else code_dim
    with torch.random.fork_rng(devices=[]), contextlib.redirect_stdout(io.StringIO()):
        torch.manual_seed(seed)
        return Reference(network, num_codes, code_dim, gumbel).eval().requires_grad_(False)


def describe(target, network=NETWORK, num_codes=64, code_dim=8):
    """The YAML that comes with a checkpoint."""
    code_dim = network["z_channels"] if target == "GumbelVQ" else code_dim
    first = {
        "target": f"taming.models.vqgan.{'GumbelVQ' if target == 'GumbelVQ' else 'VQModel'}",
        "params": {
            "embed_dim": code_dim,
            "n_embed": num_codes,
            "ddconfig": dict(network),
            "lossconfig": {"target": "taming.modules.losses.vqperceptual.VQLPIPSWithDiscriminator", "params": {}},
        },
    }
    if target != "Net2NetTransformer":
        return {"model": {"base_learning_rate": 4.5e-6, **first}}
    params = {
        "cond_stage_key": "segmentation",
        "transformer_config": {"target": "taming.modules.transformer.mingpt.GPT", "params": {"n_layer": 24}},
        "first_stage_config": first,
        "cond_stage_config": {"target": "taming.models.vqgan.VQSegmentationModel", "params": {}},
    }
    return {
        "model": {"base_learning_rate": 4.5e-6, "target": "taming.models.cond_transformer.Net2NetTransformer"}
        | {"params": params}
    }


@contextlib.contextmanager
def foreign_class(path):
    """A class of a module that is not there when the file is read."""
    module_name, _, name = path.rpartition(".")
    parents = module_name.split(".")
    added = [".".join(parents[: end + 1]) for end in range(len(parents))]
    kept = {each: sys.modules.get(each) for each in added}
    made = type(name, (), {"__module__": module_name})
    for each in added:
        sys.modules[each] = types.ModuleType(each)
    setattr(sys.modules[module_name], name, made)
    try:
        yield made
    finally:
        for each, module in kept.items():
            if module is None:
                del sys.modules[each]
            else:
                sys.modules[each] = module


def lightning(state_dict, planted=None):
    """What Lightning saves around the weights of taming-transformers' training."""
    with foreign_class("pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint") as callback:
        yield {
            "epoch": 3,
            "global_step": 1000,
            "pytorch-lightning_version": "1.0.8",
            "callbacks": {callback: {"best_model_score": np.float64(0.5), "best_model_path": "logs/last.ckpt"}},
            "optimizer_states": [
                {"state": {0: {"step": 1, "exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 1e-6}]}
            ],
            "lr_schedulers": [],
            "state_dict": {
                **state_dict,
                "loss.perceptual_loss.net.slice1.0.weight": torch.zeros(64, 3, 3, 3),
                "loss.discriminator.main.0.weight": torch.zeros(64, 3, 4, 4),
            },
            **({} if planted is None else {"hyper_parameters": planted}),
        }


def write_checkpoint(path, state_dict, planted=None):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file({name: value.contiguous() for name, value in state_dict.items()}, path)
        return
    for content in lightning(state_dict, planted):
        torch.save(content, path)
