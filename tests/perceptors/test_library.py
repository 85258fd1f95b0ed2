import importlib.metadata

import pytest

from pixray.perceptors import library


def fake_metadata(monkeypatch, torch, wanted):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: {"torch": torch, "torchvision": "0.29.2"}[name])
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: ["numpy", f"torch (=={wanted})", "pillow"])


def test_a_pair_that_fits_is_fine(monkeypatch):
    fake_metadata(monkeypatch, "2.15.0+cu130", "2.15.0")
    assert library.mismatch() is None


def test_a_pair_that_does_not_fit_is_explained_with_the_mending_command(monkeypatch):
    fake_metadata(monkeypatch, "2.13.0", "2.15.0")
    text = library.mismatch()
    assert "torch 2.13.0 and torchvision 0.29.2 do not fit together" in text
    assert "pip install --upgrade --force-reinstall torch torchvision" in text


def test_the_missing_operator_becomes_one_sentence(monkeypatch):
    import builtins

    real = builtins.__import__

    def broken(name, *rest):
        if name == "open_clip":
            raise RuntimeError("operator torchvision::nms does not exist")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(library.MismatchedTorch, match="do not come from the same build: pip install"):
        library.import_open_clip()
