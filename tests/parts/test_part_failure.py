"""A mistake in somebody's part is told in one sentence that says whose it is."""

import sys

import pytest

from pixray.api import Studio
from pixray.cli.main import main
from pixray.errors import PartFailed
from pixray.registry import Registry

LOSS = """import pixray

class Bad(pixray.Loss):
    def __call__(self, inputs):
        return inputs.canvass.mean()
"""
FILTER = """import pixray

class Bad(pixray.Filter):
    def __init__(self, settings, palette, device):
        self.amount = helped()

    def __call__(self, canvas, randomness):
        return canvas

def helped():
    return 1 / 0
"""
TINY = {"drawer": "pixel", "size": [32, 24], "pixel_size": [8, 6], "num_cuts": 4, "perceptors": "embedded"}
FAULTS = [
    ("loss", LOSS, {"custom_loss": "bad"}, "AttributeError: 'LossInputs' object has no attribute 'canvass'", 5),
    ("filter", FILTER, {"filters": "bad"}, "ZeroDivisionError: division by zero", 11),
]


@pytest.fixture
def announced(tmp_path, monkeypatch):
    """Install a package with a single module, `pixray_bad`."""

    def install(kind, source):
        place = tmp_path / "site"
        info = place / "pixray_bad-1.0.dist-info"
        info.mkdir(parents=True)
        (place / "pixray_bad.py").write_text(source)
        group = {"loss": "losses"}.get(kind, f"{kind}s")
        (info / "entry_points.txt").write_text(f"[pixray.{group}]\nbad = pixray_bad:Bad\n")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pixray-bad\nVersion: 1.0\n")
        monkeypatch.syspath_prepend(str(place))
        monkeypatch.delitem(sys.modules, "pixray_bad", raising=False)
        registry = Registry.discover()
        monkeypatch.setattr("pixray.cli.main._registry", lambda: registry)
        return registry

    yield install
    sys.modules.pop("pixray_bad", None)


@pytest.mark.parametrize(("kind", "source", "chosen", "error", "line"), FAULTS)
def test_an_error_in_a_plugin_is_one_sentence(announced, capsys, kind, source, chosen, error, line):
    announced(kind, source)
    given = {**TINY, "size": "32 24", "pixel_size": "8 6", **chosen}
    words = [word for name, value in given.items() for word in (f"--{name}", *str(value).split())]
    told = f"pixray: {kind} 'bad' (package pixray-bad 1.0): {error} (pixray_bad.py line {line})"
    assert main(["a red heart", *words, "--iterations", "2", "--outdir", "out", "--quiet"]) == 1
    assert capsys.readouterr().err.splitlines() == [told, "pixray: --debug shows the traceback"]
    assert main(["a red heart", *words, "--iterations", "2", "--outdir", "out", "--quiet", "--debug"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == [told, "Traceback (most recent call last):"] and lines[-1] == error


@pytest.mark.parametrize(("kind", "source", "chosen", "error", "line"), FAULTS)
def test_in_python_the_original_error_is_the_cause(announced, kind, source, chosen, error, line):
    studio = Studio(registry=announced(kind, source))
    with pytest.raises(PartFailed, match=rf"pixray_bad\.py line {line}") as failure:
        studio.run("red", iterations=2, outdir="out", quiet=True, **{**TINY, **chosen})
    cause = failure.value.__cause__
    assert f"{type(cause).__name__}: {cause}" == error


def test_an_error_of_pixray_itself_is_nobody_elses(announced, monkeypatch):
    studio = Studio(registry=announced("loss", LOSS))

    def broken(*_):
        raise KeyError("ours")

    monkeypatch.setattr("pixray.engine.session.Session.render", broken)
    with pytest.raises(KeyError, match="ours"):
        studio.run("red", iterations=2, outdir="out", quiet=True, **TINY)
