"""Configurations that nobody trained: refused in one sentence, and before anything is built."""

import copy
import time
from pathlib import Path

import pytest
import yaml
from published import NETWORK, describe

from pixray.drawers.vqgan.config import read_config
from pixray.drawers.vqgan.model import load_vqgan
from pixray.errors import ModelUnavailable

WHOLE = ["ch", "num_res_blocks", "in_channels", "out_ch", "resolution", "z_channels"]
ABSURD = [1e9, 10**7, 10**12, 10**400, 0, -1, 0.5, "wide", "", None, True, float("nan"), float("inf"), [4], {"a": 1}]


def refused(described):
    Path("own.yaml").write_text(described if isinstance(described, str) else yaml.safe_dump(described))
    begun = time.monotonic()
    with pytest.raises(ModelUnavailable) as caught:
        load_vqgan(Path("own.yaml"), Path("own.ckpt"), "cpu")
    said = str(caught.value)
    assert time.monotonic() - begun < 3 and said.startswith("own.yaml ") and said.isprintable() and len(said) < 500, (
        said
    )
    return said


def changed(name, value, section="ddconfig"):
    described = copy.deepcopy(describe("VQModel"))
    params = described["model"]["params"]
    (params[section] if section else params)[name] = value
    return described


@pytest.mark.parametrize("value", ABSURD, ids=lambda value: str(value)[:12])
@pytest.mark.parametrize("name", WHOLE)
def test_an_absurd_number_is_refused_by_name(name, value):
    assert f"its {name} is " in refused(changed(name, value))


@pytest.mark.parametrize("value", ABSURD, ids=lambda value: str(value)[:12])
@pytest.mark.parametrize("name", ["n_embed", "embed_dim"])
def test_an_absurd_codebook_is_refused_by_name(name, value):
    assert f"its {name} is " in refused(changed(name, value, section=None))


@pytest.mark.parametrize("value", [[], 0, "1,2", None, [0], [1, -2], [1, "2"], [1e9], [1] * 11, [[1]], {"a": 1}])
def test_absurd_widths_are_refused_by_name(value):
    assert "its ch_mult is " in refused(changed("ch_mult", value))


@pytest.mark.parametrize("value", [16, "16", None, [0], [0.5], [1] * 1000])
def test_absurd_resolutions_of_attention_are_refused_by_name(value):
    assert "its attn_resolutions is " in refused(changed("attn_resolutions", value))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ch", 33, "its ch is 33, expected a multiple of 32"),
        ("norm_groups", 7, "expected a multiple of 7"),
        ("double_z", "maybe", "its double_z is 'maybe', expected true or false"),
        ("out_ch", 183, "its out_ch is 183, expected 3"),
        ("attn_type", "linear", "its attn_type is 'linear'"),
    ],
)
def test_numbers_that_do_not_fit_are_told(name, value, told):
    assert told in refused(changed(name, value))


@pytest.mark.parametrize(
    "section", ["model: 1", "model: {target: VQModel, params: 3}", "model: {target: [], params: {}}"]
)
def test_a_part_that_is_no_section_is_told(section):
    refused(section)


def test_texts_that_are_no_configuration_are_refused_in_bounded_time():
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24)
    )
    for text in (bomb, "[" * 5000, "model: " + "{a: " * 2000, "a" * 100_000, "\0", "model: !!python/object:os.x {}"):
        refused(text)


def test_words_for_true_and_exact_numbers_are_read_as_published():
    text = yaml.safe_dump(describe("VQModel", {**NETWORK, "double_z": "LATER"})).replace("LATER", "True")
    Path("own.yaml").write_text("# a comment\n" + text)
    config = read_config(Path("own.yaml"))
    assert config.network["double_z"] is True and config.network["ch_mult"] == (1, 1, 2) and config.factor == 4
