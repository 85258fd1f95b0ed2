import pytest

from pixray.errors import SettingsError
from pixray.events import Drawn, Noticed, Stepped
from pixray.runtime import memory


def test_a_picture_that_no_memory_holds_is_refused_with_figures(monkeypatch):
    monkeypatch.setattr(memory, "_bytes_of", lambda device: 16 << 30)
    with pytest.raises(SettingsError, match="16384x16384 pixels needs more than 25 GiB .* cpu has 16 GiB"):
        memory.refuse_more_than_memory((16384, 16384), "cpu")
    memory.refuse_more_than_memory((4096, 4096), "cpu")


def test_nothing_is_refused_where_the_memory_is_unknown(monkeypatch):
    monkeypatch.setattr(memory, "_bytes_of", lambda device: None)
    assert memory.refuse_more_than_memory((16384, 16384), "mps") is None


def test_a_run_is_refused_before_its_drawer_is_made(session, monkeypatch):
    monkeypatch.setattr(memory, "_bytes_of", lambda device: 1 << 20)
    with pytest.raises(SettingsError, match="choose a smaller size or scale"):
        session(size=[2000, 2000])


def test_cutouts_that_no_memory_holds_are_refused_with_figures(monkeypatch, session):
    monkeypatch.setattr(memory, "_bytes_of", lambda device: 16 << 30)
    with pytest.raises(SettingsError, match="num_cuts=65536: .* 224x224 pixels need more than 37 GiB .* 16 GiB"):
        memory.refuse_more_cutouts_than_memory(65536, 224, "cpu")
    memory.refuse_more_cutouts_than_memory(512, 224, "cpu")
    monkeypatch.setattr(memory, "_bytes_of", lambda device: 1 << 20)
    with pytest.raises(SettingsError, match="num_cuts=4096"):
        session(num_cuts=4096)


def test_a_run_of_endless_batches_says_so_before_its_first_step(session):
    for event in session(batches=65536, iterations=250, num_cuts=30).run():
        assert not isinstance(event, Stepped | Drawn)
        if isinstance(event, Noticed) and "250 iterations x 65,536 batches x 30 cutouts are 491,520,000" in event.text:
            break  # the first step, which would take a minute, is not asked for
    else:
        pytest.fail("nothing was said")
    assert not any("takes long" in notice.text for notice in session().notices)


def test_a_drawing_of_very_many_strokes_says_so_before_its_first_step(session):
    notices = {
        count: [notice.text for notice in session(drawer="clipdraw", strokes=count).notices] for count in (8, 65536)
    }
    assert any("about 64 times that of 1,024" in text for text in notices[65536])
    assert not any("take long" in text for text in notices[8])
