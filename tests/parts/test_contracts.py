"""The checks of `pixray.testing`: our own parts pass, and wrong ones fail with a sentence that says why."""

import re
from dataclasses import dataclass

import pytest
import torch
from torch.nn import functional as F

import pixray
from pixray.cutouts.direct import ZoomWide
from pixray.errors import InvalidPart, Unsupported
from pixray.optim.parameter_group import ParameterGroup
from pixray.providers.openai import OpenAI
from pixray.recorders.base import attach
from pixray.recorders.notebook import NotebookRecorder
from pixray.registry import BUILT_IN, Registry
from pixray.testing import (
    check_cutouts,
    check_drawer,
    check_filter,
    check_loss,
    check_optimizer,
    check_perceptor,
    check_provider,
    check_recorder,
)
from pixray.testing.fake_services import FakeOpenAI
from pixray.testing.fakes import FlatDrawer, ToyPerceptor

CHECKS = {
    "drawer": check_drawer,
    "loss": check_loss,
    "filter": check_filter,
    "perceptor": check_perceptor,
    "cutouts": check_cutouts,
    "optimizer": check_optimizer,
    "recorder": check_recorder,
}


class Grey(pixray.Loss):
    def __call__(self, inputs):
        return (inputs.canvas - 0.5).square().mean()


class Same(pixray.Filter):
    def __call__(self, canvas, chance):
        return pixray.Filtered(canvas * 0.9)


class Silent(pixray.Recorder):
    def __call__(self, event):
        return


# ---- drawers


class TooSmall(FlatDrawer):
    def render(self, step):
        return super().render(step)[..., :-1]


class TooBright(FlatDrawer):
    def render(self, step):
        return super().render(step) + 1


class Global(FlatDrawer):
    def start(self, image, generator):
        super().start(image, generator)
        self.colour = torch.rand(1, 3, 1, 1).requires_grad_(True)


class Detached(FlatDrawer):
    def render(self, step):
        return super().render(step).detach().requires_grad_(True)


class Fresh(FlatDrawer):
    def parameters(self):
        return [ParameterGroup([self.colour.clone().detach().requires_grad_(True)], 0.1)]


class Forgetful(FlatDrawer):
    def start(self, image, generator):
        super().start(image, generator)
        self.shade = torch.rand(1, generator=generator)

    def render(self, step):
        return super().render(step) * self.shade


class Careless(FlatDrawer):
    def paint(self, image):
        self.colour = image.mean((2, 3), keepdim=True).requires_grad_(True)


class Unmoved(FlatDrawer):
    def paint(self, image):
        return


class Words(FlatDrawer):
    def files(self, shown):
        return {".txt": "words"}


class Untitled(FlatDrawer):
    @dataclass(frozen=True, kw_only=True)
    class Settings:
        flat_rate: float = pixray.setting(0.05, "")


# ---- losses


class Many(Grey):
    def __call__(self, inputs):
        return (inputs.canvas - 0.5).square().mean((2, 3))


class NotFinite(Grey):
    def __call__(self, inputs):
        return super().__call__(inputs) / 0


class Counting(Grey):
    def __call__(self, inputs):
        return super().__call__(inputs) * sum(len(crops) for crops in inputs.crops.values())


class Dice(Grey):
    def __call__(self, inputs):
        return super().__call__(inputs) * torch.rand(())


class Upwards(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value):
        return value.clone()

    @staticmethod
    def backward(ctx, gradient):
        return -gradient


class Climbing(Grey):
    def __call__(self, inputs):
        return Upwards.apply(super().__call__(inputs))


# ---- filters


class Shrinking(Same):
    def __call__(self, canvas, chance):
        return pixray.Filtered(F.avg_pool2d(canvas, 2))


class Flickering(Same):
    calls = 0

    def __call__(self, canvas, chance):
        type(self).calls += 1
        return pixray.Filtered(canvas / self.calls)


class Blind(Same):
    def __call__(self, canvas, chance):
        return pixray.Filtered(canvas * 0)


class ManyPenalties(Same):
    def __call__(self, canvas, chance):
        return pixray.Filtered(canvas, canvas.mean((2, 3)))


# ---- perceptors


class Long(ToyPerceptor):
    def encode_image(self, crops):
        return super().encode_image(crops) * 2


class OtherSize(ToyPerceptor):
    dim = 24

    def encode_text(self, texts):
        return super().encode_text(texts)[:, :5]


class Crowd(ToyPerceptor):
    def encode_image(self, crops):
        return F.normalize(super().encode_image(crops) + 0.1 * len(crops), dim=-1)


class Numb(ToyPerceptor):
    def encode_image(self, crops):
        return super().encode_image(crops.detach()) + 0 * crops.sum()


# ---- cutouts


class TooFew(ZoomWide):
    def plan(self, *facts):
        plan = super().plan(*facts)
        return lambda image, plain=False: plan(image, plain=plain)[:-1]


class Restless(ZoomWide):
    def plan(self, generator, *facts):
        plan = super().plan(generator, *facts)
        return lambda image, plain=False: plan(image, plain=plain) * (1 + torch.rand((), generator=generator))


class OwnChance(ZoomWide):
    def plan(self, generator, *facts):
        return super().plan(torch.Generator().manual_seed(int(torch.randint(99, ()))), *facts)


class AlwaysNew(ZoomWide):
    seeds = 0

    def plan(self, generator, *facts):
        type(self).seeds += 1
        return super().plan(torch.Generator().manual_seed(self.seeds), *facts)


class Tinting(ZoomWide):
    def plan(self, *facts):
        plan = super().plan(*facts)
        return lambda image, plain=False: plan(image, plain=plain) * 0.9


class CutOff(ZoomWide):
    def plan(self, *facts):
        plan = super().plan(*facts)
        return lambda image, plain=False: plan(image.detach(), plain=plain) + 0 * image.sum()


# ---- optimizers


class Ascending(torch.optim.SGD):
    def __init__(self, params, lr):
        super().__init__(params, lr=lr, maximize=True)


class OneRate(torch.optim.SGD):
    def __init__(self, params, lr):
        super().__init__([{"params": group["params"]} for group in params], lr=lr)


class Amnesiac(torch.optim.Adam):
    def load_state_dict(self, state):
        return


# ---- recorders


class Breaking(Silent):
    def __call__(self, event):
        raise ValueError("it does not like events")


class Drawing(Silent):
    def __call__(self, event):
        if isinstance(event, pixray.events.Drawn):
            event.image_u8[:] = 0


class Beside(Silent):
    def __call__(self, event):
        (self.files.folder.parent / "notes.txt").write_text("x")


class Unclosed(Silent):
    def close(self):
        return self.stream.close()


WRONG = [
    (check_drawer, TooSmall, "TooSmall draws (48, 63), but `size` says (64, 48)"),
    (check_drawer, TooBright, "TooBright draws outside of [0, 1]"),
    (check_drawer, Global, "draws from torch's global generator"),
    (check_drawer, Detached, "no gradient reaches a parameter"),
    (check_drawer, Fresh, "parameters() gives other tensors"),
    (check_drawer, Forgetful, "restore(state()) does not give the same picture"),
    (check_drawer, Careless, "paint() replaced tensors of the optimizer"),
    (check_drawer, Unmoved, "paint() brought it no closer"),
    (check_drawer, Words, "files() must give bytes"),
    (check_drawer, Untitled, "Untitled.Settings needs a docstring"),
    (check_loss, Many, "not a scalar"),
    (check_loss, NotFinite, "NotFinite is not finite"),
    (check_loss, Counting, "Counting depends on the number of cutouts"),
    (check_loss, Dice, "draws from torch's global generator"),
    (check_loss, Climbing, "Climbing grows along its own descent"),
    (check_filter, Shrinking, "Shrinking changes the size of the picture"),
    (check_filter, Flickering, "Flickering is not repeatable with the same generator"),
    (check_filter, Blind, "Blind lets no gradient through"),
    (check_filter, ManyPenalties, "the penalty of ManyPenalties is not a scalar"),
    (check_perceptor, Long, "embeddings are not of unit length"),
    (check_perceptor, OtherSize, "embeddings are not N x dim"),
    (check_perceptor, Crowd, "an embedding depends on its batch"),
    (check_perceptor, Numb, "no gradient reaches the crops"),
    (check_cutouts, TooFew, "TooFew gives (5, 3, 16, 16), not num_cuts x 3"),
    (check_cutouts, Restless, "a plan of Restless takes other cutouts the second time"),
    (check_cutouts, OwnChance, "draws from torch's global generator"),
    (check_cutouts, AlwaysNew, "AlwaysNew is not repeatable with the same generator"),
    (check_cutouts, Tinting, "Tinting changes colours although `plain` is asked for"),
    (check_cutouts, CutOff, "no gradient reaches the picture through CutOff"),
    (check_optimizer, Ascending, "ten steps of Ascending did not descend"),
    (check_optimizer, OneRate, "OneRate does not keep the rates of its groups"),
    (check_optimizer, Amnesiac, "Amnesiac does not go on where its saved state was"),
    (check_recorder, Breaking, "Breaking fails at Started: it does not like events"),
    (check_recorder, Drawing, "Drawing changes the run that it observes"),
    (check_recorder, Beside, "Beside writes beside the folder of the run: ['notes.txt']"),
    (check_recorder, Unclosed, "Unclosed cannot be closed before a run has started"),
]


@pytest.mark.parametrize(("check", "cls", "told"), WRONG, ids=lambda value: getattr(value, "__name__", ""))
def test_a_wrong_part_fails_with_a_sentence(check, cls, told):
    with pytest.raises(AssertionError, match=re.escape(told)):
        check(cls)


@pytest.mark.parametrize("kind", CHECKS)
def test_what_is_no_part_of_the_kind_is_refused(kind):
    with pytest.raises(InvalidPart, match=f"{kind} 'dict', as given to this check: expected a subclass of "):
        CHECKS[kind](dict)


@pytest.mark.parametrize(
    ("check", "cls"),
    [(check_loss, Grey), (check_filter, Same), (check_recorder, Silent), (check_perceptor, ToyPerceptor)],
)
def test_a_part_of_a_few_lines_passes(check, cls):
    check(cls)


class Clay(pixray.Drawer):
    """Soft lumps: a small picture, enlarged."""

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Clay"""

        clay_softness: int = pixray.setting(8, "pixels between two lumps", minimum=1)

    def start(self, image, generator):
        width, height = (max(2, side // self.settings.clay_softness) for side in self.size)
        self.lumps = torch.rand(1, 3, height, width, generator=generator)
        if image is not None:
            self.lumps = F.interpolate(image[:, :3], size=(height, width), mode="area")
        self.lumps = self.lumps.to(self.canvas.device).requires_grad_(True)

    def parameters(self):
        return [pixray.ParameterGroup([self.lumps], 0.05)]

    def render(self, step):
        width, height = self.size
        return F.interpolate(self.lumps, size=(height, width), mode="bilinear").clamp(0, 1)


def test_a_drawer_of_25_lines_passes():
    check_drawer(Clay)
    check_drawer(Clay, clay_softness=3, size=(33, 20))


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in ("cutouts", "optimizer", "recorder") for name in BUILT_IN[kind] if name != "notebook"]
    + [("loss", name) for name in BUILT_IN["loss"] if name not in ("aesthetic", "resmem", "style")]
    + [("filter", name) for name in BUILT_IN["filter"]]
    + [("drawer", name) for name in ("clipdraw", "fft", "line_sketch", "multires", "pixel")],
)
def test_a_built_in_part_passes(kind, name):
    settings = {"strokes": 6} if name in ("clipdraw", "line_sketch") else {}
    if name == "DiffGrad":
        pytest.importorskip("pytorch_optimizer")
    CHECKS[kind](Registry(BUILT_IN).load(kind, name), **settings)


class Wall:
    """A display that shows nothing."""

    def picture(self, png):
        assert png.startswith(b"\x89PNG")

    def below(self, page, text):
        assert text

    def keep(self):
        return


class OnAWall(NotebookRecorder):
    def __init__(self, files=None):
        super().__init__(files, make_display=Wall)


def test_the_recorder_of_notebooks_passes_and_outside_of_them_says_so(session):
    check_recorder(OnAWall)
    with pytest.raises(Unsupported, match="the recorder 'notebook' shows pictures in a notebook, and this is none"):
        list(attach(session().run(), NotebookRecorder()))


class StrangeNames(OpenAI):
    @dataclass(frozen=True, kw_only=True)
    class Settings(OpenAI.Settings):
        """Service"""

        colour: str = pixray.setting("red", "a name without the service in front")


class Talking(OpenAI):
    async def generate(self, request):
        raise pixray.PixrayError(f"the key is {self.key.reveal()}")
        yield


class Nothing(OpenAI):
    async def generate(self, request):
        return
        yield


@pytest.mark.parametrize(
    ("cls", "told"),
    [
        (StrangeNames, "settings of StrangeNames need the prefix 'openai_': ['colour']"),
        (Nothing, "openai sent no picture"),
        (Talking, "the key"),
    ],
)
def test_a_wrong_provider_fails(cls, told):
    with FakeOpenAI() as service, pytest.raises((AssertionError, pixray.PixrayError), match=re.escape(told)):
        check_provider(cls, service)
