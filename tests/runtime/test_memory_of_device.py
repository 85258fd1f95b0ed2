import pytest

from pixray.errors import SettingsError
from pixray.runtime import memory


def test_a_picture_that_no_memory_holds_is_refused_with_figures(monkeypatch):
    monkeypatch.setattr(memory, "_bytes_of", lambda device: 16 << 30)
    with pytest.raises(SettingsError, match="16384x16384 pixels needs more than 25 GiB .* cpu has 16 GiB"):
        memory.refuse_more_than_memory((16384, 16384), "cpu")
    memory.refuse_more_than_memory((4096, 4096), "cpu")


def test_nothing_is_refused_where_the_memory_is_unknown(monkeypatch):
    monkeypatch.setattr(memory, "_bytes_of", lambda device: None)
    memory.refuse_more_than_memory((16384, 16384), "mps")


def test_a_run_is_refused_before_its_drawer_is_made(session, monkeypatch):
    monkeypatch.setattr(memory, "_bytes_of", lambda device: 1 << 20)
    with pytest.raises(SettingsError, match="choose a smaller size or scale"):
        session(size=[2000, 2000])
