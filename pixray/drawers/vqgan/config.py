"""The YAML that lies beside every published VQGAN: which architecture, how many codes, which quantiser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pixray.errors import ModelUnavailable, escaped, shown
from pixray.runtime.yaml_io import MOST_BYTES
from pixray.runtime.yaml_reader import SettingsReader

_NEEDED = ("ch", "ch_mult", "num_res_blocks", "attn_resolutions", "in_channels", "out_ch", "resolution", "z_channels")
_LIMITS = {
    "ch": 1 << 12,
    "num_res_blocks": 32,
    "in_channels": 1 << 12,
    "out_ch": 1 << 12,
    "resolution": 1 << 16,
    "z_channels": 1 << 12,
    "norm_groups": 1 << 12,
}
"""Most that each number of a network may be, several times the greatest in any published one."""
_QUANTISERS = {"VQModel": False, "VQNoDiscModel": False, "VQModelInterface": False, "GumbelVQ": True}


@dataclass(frozen=True)
class VqganConfig:
    """What a checkpoint's weights are to be read as.

    Attributes:
        network: arguments of taming-transformers' Encoder and Decoder.
        num_codes, code_dim: rows and columns of the codebook.
        gumbel: whether codes are chosen by a learned projection (GumbelVQ) rather than by distance.
        prefix: what stands before the names of its weights; other models hold a VQGAN as their first stage.
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


class _ConfigReader(SettingsReader):
    """The configurations of latent diffusion models nest their parts deeply."""

    deepest = 32


def read_config(path: Path) -> VqganConfig:
    """Read `model.target` and `model.params` of taming-transformers' layout.

    Args:
        path: a YAML file; its target ends in VQModel, GumbelVQ or VQModelInterface, or in that of a model with such a
            `first_stage_config`, which is taken (Net2NetTransformer, LatentDiffusion).

    Raises:
        ModelUnavailable: it describes something else, or a network that nobody could have trained.
    """

    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ValueError(f"it is longer than {MOST_BYTES:,} bytes")
        loaded = yaml.load(content.decode("utf-8-sig"), _ConfigReader)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ModelUnavailable(f"{path} cannot be read as a VQGAN's configuration ({_line(error)})") from error
    model = loaded.get("model") if isinstance(loaded, dict) else None
    if not isinstance(model, dict):
        raise ModelUnavailable(f"{path} is no VQGAN's configuration: it has no section 'model'")
    try:
        return _read_model(model)
    except (KeyError, ValueError) as error:
        raise ModelUnavailable(f"{path} is no VQGAN's configuration: {_line(error)}") from error


def _read_model(model: Mapping[str, Any]) -> VqganConfig:
    prefix = ""
    target = str(model["target"])
    params = _section(model, "params")
    if target.rpartition(".")[2] not in _QUANTISERS and "first_stage_config" in params:
        first = _section(params, "first_stage_config")
        target, prefix = str(first["target"]), "first_stage_model."
        params = _section(first, "params")
    kind = target.rpartition(".")[2]
    if kind not in _QUANTISERS:
        where = "first stage" if prefix else "target"
        raise ValueError(
            f"its {where} is {shown(target)}, which has no codebook of pictures that is known here; expected VQModel, "
            "GumbelVQ, VQModelInterface, or a model with one of these as its first stage"
        )
    gumbel = _QUANTISERS[kind]
    network = _read_network(_section(params, "ddconfig"))
    codes, dim = (_whole(params, name, most) for name, most in (("n_embed", 1 << 20), ("embed_dim", 1 << 12)))
    if gumbel and dim != network["z_channels"]:
        raise ValueError(f"its embed_dim is {dim}, expected that of z_channels, {network['z_channels']}, for GumbelVQ")
    return VqganConfig(network, codes, dim, gumbel, prefix)


def _read_network(section: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the networks, each within what a network that fits a machine can have."""
    missing = [name for name in _NEEDED if name not in section]
    if missing:
        raise ValueError(f"its ddconfig lacks {', '.join(missing)}")
    network: dict[str, Any] = {name: _whole(section, name, most) for name, most in _LIMITS.items() if name in section}
    network["ch_mult"] = _whole_list(section, "ch_mult", 64, range(1, 11))
    network["attn_resolutions"] = _whole_list(section, "attn_resolutions", 1 << 16, range(33))
    network |= {name: _flag(section, name) for name in ("double_z", "resamp_with_conv") if name in section}
    for name in ("in_channels", "out_ch"):
        if network[name] != 3:
            raise ValueError(f"its {name} is {network[name]}, expected 3, the channels of a colour picture")
    groups = network.get("norm_groups", 32)
    uneven = [width for width in (1, *network["ch_mult"]) if network["ch"] * width % groups]
    if uneven:
        raise ValueError(f"its ch is {network['ch']}, expected a multiple of {groups}, the groups of its normalisation")
    if section.get("attn_type", "vanilla") != "vanilla":
        raise ValueError(f"its attn_type is {shown(section['attn_type'])}, expected vanilla, the only one known here")
    return network


def _section(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = parent[name]
    if not isinstance(section, Mapping):
        raise ValueError(f"its {name} is {shown(section)}, expected a section")
    return section


def _whole(section: Mapping[str, Any], name: str, most: int) -> int:
    return _checked(section[name], name, most)


def _checked(value: Any, name: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ValueError(f"its {name} is {shown(value)}, expected a whole number from 1 to {most:,}")
    return value


def _whole_list(section: Mapping[str, Any], name: str, most: int, lengths: range) -> tuple[int, ...]:
    values = section[name]
    if not isinstance(values, list) or len(values) not in lengths:
        raise ValueError(
            f"its {name} is {shown(values)}, expected a list of {lengths.start} to {lengths.stop - 1} numbers"
        )
    return tuple(_checked(value, name, most) for value in values)


def _flag(section: Mapping[str, Any], name: str) -> bool:
    text = str(section[name]).lower()
    if text not in ("true", "false"):
        raise ValueError(f"its {name} is {shown(section[name])}, expected true or false")
    return text == "true"


def _line(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it lacks {error}"
    text = " ".join(str(error).split())
    return escaped(text, 300) if text else type(error).__name__
