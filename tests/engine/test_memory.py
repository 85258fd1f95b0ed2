"""Cutouts in pieces, and runs whose device is too small for all of them."""

import pytest
import torch

from pixray.engine.microbatch import Microbatcher
from pixray.events import Drawn
from pixray.optim.loss_values import LossValues
from pixray.testing.fakes import ToyPerceptor


class Cramped(ToyPerceptor):
    """Runs out of memory when more than `room` cutouts come at once."""

    room = 100

    def encode_image(self, crops):
        if len(crops) > self.room:
            raise torch.OutOfMemoryError("no room")
        return super().encode_image(crops)


def last_picture(made):
    return [event for event in made.run() if isinstance(event, Drawn)][-1].image_u8


def test_pieces_have_the_same_embeddings_and_gradient():
    perceptor = ToyPerceptor()
    outcomes = []
    for at_once in (None, 3, 1):
        crops = torch.rand(7, 3, 16, 16, generator=torch.Generator().manual_seed(0)).requires_grad_(True)
        embeds = Microbatcher(at_once).encode(perceptor, crops)
        embeds.square()[:, :5].sum().backward()
        outcomes.append((embeds.detach(), crops.grad))
    for embeds, gradient in outcomes[1:]:
        torch.testing.assert_close(embeds, outcomes[0][0])
        torch.testing.assert_close(gradient, outcomes[0][1])


def test_a_run_that_is_short_of_memory_halves_its_pieces_and_loses_no_step(session, registry):
    registry.add("perceptor", "toy", Cramped, replace=True)
    wanted = last_picture(session(num_cuts=12, filters=None))
    made = session(num_cuts=12)
    made.objective.perceptors["toy"].room = 4
    events = list(made.run())
    assert made.step == made.steps and made.objective.microbatcher.at_once == 3
    picture = [event for event in events if isinstance(event, Drawn)][-1].image_u8
    assert abs(picture.astype(int) - wanted.astype(int)).max() <= 1


def test_a_device_without_room_for_a_single_cutout_is_an_error(session, registry):
    registry.add("perceptor", "toy", Cramped, replace=True)
    made = session(num_cuts=4)
    made.objective.perceptors["toy"].room = 0
    with pytest.raises(torch.OutOfMemoryError):
        list(made.run())


def test_fewer_cutouts_at_once_can_be_asked_for(session):
    made = session(num_cuts=12, cuts_at_once=5)
    assert made.objective.microbatcher.at_once == 5
    assert abs(last_picture(made).astype(int) - last_picture(session(num_cuts=12)).astype(int)).max() <= 1


class Elsewhere(LossValues):
    """Losses that pretend to be on a GPU, and count how often they are fetched."""

    fetched = 0

    @property
    def at_hand(self):
        return self._numbers is not None

    def _read(self):
        type(self).fetched += self._numbers is None
        return super()._read()


def test_losses_on_a_device_are_read_only_when_shown(session, monkeypatch):
    wanted = session(iterations=30)
    events = list(wanted.run())
    monkeypatch.setattr("pixray.engine.objective.LossValues", Elsewhere)
    made = session(iterations=30, save_every=0, display_every=0)
    stepped = [event for event in made.run() if type(event).__name__ == "Stepped"]
    # Sixteen steps are looked at together, to notice numbers that are not finite.
    assert Elsewhere.fetched == 30 and stepped[0].total == pytest.approx(events[2].total)
    assert (made.optimizer.best, made.optimizer.best_step) == (
        pytest.approx(wanted.optimizer.best),
        wanted.optimizer.best_step,
    )
    assert (last_picture(session(iterations=3)) == last_picture(session(iterations=3))).all()


def test_a_loss_on_a_device_that_is_not_finite_spoils_nothing(session, monkeypatch):
    from pixray.errors import RunFailed

    monkeypatch.setattr("pixray.engine.objective.LossValues", Elsewhere)
    made = session(iterations=30, save_every=0, display_every=0)
    original = made.objective.losses[0].loss

    class Breaking:
        state = original.state

        def __call__(self, inputs):
            return original(inputs) * (float("nan") if inputs.step == 3 else 1.0)

    made.objective.losses[0] = type(made.objective.losses[0])("prompt", Breaking(), 1.0)
    pictures = []
    with pytest.raises(RunFailed, match="'prompt' is not a finite number"):
        pictures.extend(event for event in made.run() if isinstance(event, Drawn))
    assert all(torch.isfinite(tensor).all() for group in made.drawer.parameters() for tensor in group.tensors)
