"""The YAML that lies beside every published VQGAN: which architecture, how many codes, which quantiser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixray.errors import ModelUnavailable

_NEEDED = ("ch", "ch_mult", "num_res_blocks", "attn_resolutions", "in_channels", "out_ch", "resolution", "z_channels")
_QUANTISERS = {"VQModel": False, "VQNoDiscModel": False, "VQModelInterface": False, "GumbelVQ": True}


@dataclass(frozen=True)
class VqganConfig:
    """What a checkpoint's weights are to be read as.

    Attributes:
        network: arguments of taming-transformers' Encoder and Decoder.
        num_codes, code_dim: rows and columns of the codebook.
        gumbel: whether codes are chosen by a learned projection (GumbelVQ) rather than by distance.
        prefix: what stands before the names of its weights; a transformer's checkpoint holds the VQGAN as one stage.
    """

    network: Mapping[str, Any]
    num_codes: int
    code_dim: int
    gumbel: bool = False
    prefix: str = ""

    @property
    def factor(self) -> int:
        """How many pixels one code covers in each direction."""
        return int(2 ** (len(self.network["ch_mult"]) - 1))


def read_config(path: Path) -> VqganConfig:
    """Read `model.target` and `model.params` of taming-transformers' layout.

    Args:
        path: a YAML file for OmegaConf; its target ends in VQModel, GumbelVQ or Net2NetTransformer, whose first
            stage is taken.

    Raises:
        ModelUnavailable: it describes something else.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    try:
        loaded = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    except (OSError, UnicodeDecodeError, YAMLError, OmegaConfBaseException) as error:
        raise ModelUnavailable(f"{path} cannot be read as a VQGAN's configuration ({_line(error)})") from error
    model = loaded.get("model") if isinstance(loaded, dict) else None
    if not isinstance(model, dict):
        raise ModelUnavailable(f"{path} is no VQGAN's configuration: it has no section 'model'")
    try:
        return _read_model(model)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelUnavailable(f"{path} is no VQGAN's configuration: {_line(error)}") from error


def _read_model(model: Mapping[str, Any]) -> VqganConfig:
    prefix = ""
    kind = str(model["target"]).rpartition(".")[2]
    if kind == "Net2NetTransformer":
        model, prefix = model["params"]["first_stage_config"], "first_stage_model."
        kind = str(model["target"]).rpartition(".")[2]
    if kind not in _QUANTISERS:
        raise ValueError(f"its target is {model['target']}, expected VQModel, GumbelVQ or Net2NetTransformer")
    params = model["params"]
    network = dict(params["ddconfig"])
    missing = [name for name in _NEEDED if name not in network]
    if missing:
        raise ValueError(f"its ddconfig lacks {', '.join(missing)}")
    return VqganConfig(
        {**network, "ch_mult": tuple(network["ch_mult"]), "attn_resolutions": tuple(network["attn_resolutions"])},
        int(params["n_embed"]),
        int(params["embed_dim"]),
        _QUANTISERS[kind],
        prefix,
    )


def _line(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it lacks {error}"
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
