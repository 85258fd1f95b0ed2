"""What every drawer, perceptor, loss and filter promises, as checks that anybody can run on a part of their own.

All checks are also found in `pixray.testing`.

    def test_contract():
        check_drawer(Clay)

Each check raises AssertionError with a sentence about what is wrong.
"""

from __future__ import annotations

import argparse
from typing import Any

import torch
from torch import Tensor

from pixray.cutouts.direct import ZoomWide
from pixray.drawers.base import Canvas, Drawer
from pixray.filters.base import Filter
from pixray.losses.base import Loss, LossContext, LossInputs
from pixray.models.store import ModelStore
from pixray.optim.gradient import GradientOptimizer
from pixray.perceptors.base import Perceptor
from pixray.testing.checking import check_class, settings_keyword, settings_of, untouched_randomness
from pixray.testing.fakes import ToyPerceptor

PALETTE = ((0.9, 0.1, 0.1), (0.1, 0.1, 0.9), (1.0, 1.0, 1.0))


def check_drawer(
    cls: type[Drawer], *, size: tuple[int, int] = (64, 48), models: ModelStore | None = None, **settings: Any
) -> None:
    """Shapes, ranges, gradients, repeatability, state and painting of a drawer.

    Args:
        size: of the canvas to try it on.
        models: where it finds weights, if it needs any.
        settings: values other than the defaults.
    """
    check_class("drawer", cls)
    chosen = settings_of(cls, **settings)

    def fresh(seed: int = 1) -> Drawer:
        drawer = cls(chosen, Canvas(*size))
        drawer.load(models or ModelStore())
        generator = torch.Generator().manual_seed(seed)
        image = torch.rand(1, 3, drawer.size[1], drawer.size[0], generator=generator) if drawer.wants_noise else None
        with untouched_randomness():
            drawer.start(image, generator)
        return drawer

    drawer = fresh()
    with untouched_randomness():
        picture = drawer.render(0)
    _check_picture(picture, drawer.size, cls.__name__)
    assert torch.equal(picture, fresh().render(0)), "the same seed makes another picture"
    if drawer.parameters():
        _check_gradients(drawer)
        _check_descent(drawer)
    _check_state(drawer, fresh(seed=2))
    _check_painting(drawer)
    files = drawer.files(drawer.render(0).detach())
    assert all(isinstance(content, bytes) for content in files.values()), "files() must give bytes"


def _check_picture(picture: Tensor, size: tuple[int, int], name: str) -> None:
    width, height = size
    assert picture.ndim == 4 and picture.shape[0] == 1 and picture.shape[1] in (3, 4), f"{name}: not 1 C H W"
    assert picture.shape[2:] == (height, width), f"{name} draws {tuple(picture.shape[2:])}, but `size` says {size}"
    assert picture.dtype == torch.float32, f"{name} draws {picture.dtype}, not float32"
    assert torch.isfinite(picture).all(), f"{name} draws numbers that are not finite"
    assert picture.min() >= -1e-4 and picture.max() <= 1 + 1e-4, f"{name} draws outside of [0, 1]"


def _check_gradients(drawer: Drawer) -> None:
    tensors = [tensor for group in drawer.parameters() for tensor in group.tensors]
    assert tensors and all(tensor.requires_grad for tensor in tensors), "a parameter does not ask for gradients"
    again = [tensor for group in drawer.parameters() for tensor in group.tensors]
    assert all(first is second for first, second in zip(tensors, again, strict=True)), (
        "parameters() gives other tensors"
    )
    picture = drawer.render(0)
    weights = torch.linspace(0.5, 1.5, picture.numel()).view_as(picture)
    gradients = torch.autograd.grad((picture * weights).sum(), tensors, allow_unused=True)
    for tensor, gradient in zip(tensors, gradients, strict=True):
        assert gradient is not None and gradient.abs().max() > 0, (
            f"no gradient reaches a parameter {tuple(tensor.shape)}"
        )
        assert torch.isfinite(gradient).all(), "a gradient is not finite"


def _check_descent(drawer: Drawer, least: int = 5, most: int = 60) -> None:
    """Steps towards white make the picture whiter, and project() keeps it valid.

    Five are enough for most drawers. Ink that cannot change its colour has to move first, and lines that lie on each
    other show more of themselves while they part.
    """
    optimizer = GradientOptimizer(drawer.parameters(), rate=0.05)
    before = _distance_to_white(drawer.render(0)).detach()
    for step in range(most):
        optimizer.clear()
        distance = _distance_to_white(drawer.render(step))
        if step >= least and distance < before:
            break
        distance.backward()
        optimizer.update()
        drawer.project()
    picture = drawer.render(most)
    _check_picture(picture.detach(), drawer.size, type(drawer).__name__)
    assert _distance_to_white(picture) < before, f"{most} steps towards white did not make it whiter"


def _distance_to_white(picture: Tensor) -> Tensor:
    return (1 - picture[:, :3]).square().mean()


def _check_state(drawer: Drawer, other: Drawer) -> None:
    state = drawer.state()
    assert all(isinstance(value, Tensor) for value in state.values()), "state() must hold tensors only"
    expected = drawer.render(0).detach().clone()
    drawer.project()
    other.restore(state)
    assert torch.equal(other.render(0), expected), "restore(state()) does not give the same picture"


def _check_painting(drawer: Drawer) -> None:
    if not drawer.can_paint:
        return
    tensors = [tensor for group in drawer.parameters() for tensor in group.tensors]
    width, height = drawer.size
    target = torch.full((1, 3, height, width), 0.25)
    target[:, 0] = 0.75
    before = (drawer.render(0)[:, :3] - target).abs().mean()
    drawer.paint(target)
    after = (drawer.render(0)[:, :3] - target).abs().mean()
    assert after < before or after < 0.02, "paint() brought it no closer to the picture"
    kept = [tensor for group in drawer.parameters() for tensor in group.tensors]
    assert all(first is second for first, second in zip(tensors, kept, strict=True)), (
        "paint() replaced tensors of the optimizer"
    )


def check_perceptor(perceptor: Perceptor | type[Perceptor], **settings: Any) -> None:
    """Shapes, unit length, gradients and constancy of a perceptor.

    Args:
        perceptor: the class, which is then made on the CPU in float32, or one that was made already.
        settings: of a class, values other than the defaults.
    """
    if not isinstance(perceptor, Perceptor):
        check_class("perceptor", perceptor)
        keywords: dict[str, Any] = {"device": "cpu", "dtype": torch.float32, "contrast": "plain"}
        perceptor = perceptor(**keywords, **settings_keyword(perceptor, **settings))
    assert isinstance(getattr(perceptor, "name", None), str), "a perceptor needs a `name`"
    size = perceptor.input_size
    crops = torch.rand(3, 3, size, size, generator=torch.Generator().manual_seed(0)).requires_grad_(True)
    with untouched_randomness():
        images = perceptor.encode_image(crops)
        texts = perceptor.encode_text(["a red circle", "the sea at night"])
    assert images.shape == (3, perceptor.dim) and texts.shape == (2, perceptor.dim), "embeddings are not N x dim"
    for embeddings in (images, texts):
        assert embeddings.dtype == torch.float32, "embeddings must be float32"
        assert (embeddings.norm(dim=-1) - 1).abs().max() < 1e-3, "embeddings are not of unit length"
    assert not texts.requires_grad, "text embeddings carry a gradient"
    (gradient,) = torch.autograd.grad(images[:, 0].sum(), crops)
    assert torch.isfinite(gradient).all() and gradient.abs().max() > 0, "no gradient reaches the crops"
    assert torch.equal(perceptor.encode_text(["a red circle"]), perceptor.encode_text(["a red circle"]))
    assert torch.allclose(perceptor.encode_image(crops[:1]), images[:1], atol=1e-3), "an embedding depends on its batch"


def loss_inputs(canvas: Tensor, *, step: int = 0, latent: Tensor | None = None, num_cuts: int = 4) -> LossInputs:
    """A Look at a canvas through the toy perceptor, for trying losses.

    Args:
        canvas: 1 3 H W, or 1 4 H W with transparency.
    """
    perceptor = ToyPerceptor()
    generator = torch.Generator().manual_seed(step)
    alpha = canvas[:, 3:] if canvas.shape[1] == 4 else None
    flat = canvas[:, :3]
    cutouts = ZoomWide(num_cuts, canvas.shape[3] / canvas.shape[2], noise=0.0)
    plan = cutouts.plan(generator, perceptor.input_size, step, 0.5)
    crops = plan(flat)
    return LossInputs(
        canvas=flat,
        alpha=alpha,
        latent=latent,
        plans={perceptor.input_size: plan},
        crops={perceptor.input_size: crops},
        embeddings={perceptor.name: perceptor.encode_image(crops)},
        step=step,
        progress=0.0,
    )


def loss_context(canvas: Tensor, latent: Tensor | None = None) -> LossContext:
    """A Scene for trying losses on canvases of this size."""
    return LossContext(
        size=(canvas.shape[3], canvas.shape[2]),
        device="cpu",
        perceptors={"toy": ToyPerceptor()},
        palette=PALETTE,
        start=canvas[:, :3].detach().clone(),
        latent=latent,
        generator=torch.Generator().manual_seed(0),
        models=ModelStore(),
    )


def check_loss(cls: type[Loss], *, canvas: Tensor | None = None, **settings: Any) -> None:
    """A finite scalar with a gradient that lowers it, and no dependence on the number of cutouts.

    Args:
        canvas: a picture the loss has something to say about; default: random pixels.
        settings: values other than the defaults.
    """
    if canvas is None:
        canvas = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    check_class("loss", cls)
    loss = cls(settings_of(cls, **settings))
    with untouched_randomness():
        loss.prepare(loss_context(canvas))
        values = canvas.clone().requires_grad_(True)
        value = loss(loss_inputs(values))
    assert value.ndim == 0, f"{cls.__name__} gives a tensor of shape {tuple(value.shape)}, not a scalar"
    assert torch.isfinite(value), f"{cls.__name__} is not finite"
    _check_loss_gradient(loss, values, value)
    with_few, with_many = (float(loss(loss_inputs(canvas, num_cuts=count))) for count in (10, 40))
    assert abs(with_few - with_many) <= 0.35 * max(abs(with_few), abs(with_many)) + 1e-3, (
        f"{cls.__name__} depends on the number of cutouts"
    )


def _check_loss_gradient(loss: Loss, values: Tensor, value: Tensor) -> None:
    if not value.requires_grad:
        return  # a loss may be silent here, as one that holds on to the start is at the start
    (gradient,) = torch.autograd.grad(value, values)
    assert torch.isfinite(gradient).all(), f"{type(loss).__name__} has a gradient that is not finite"
    if gradient.abs().max() == 0:
        return
    with torch.no_grad():
        moved = values - 1e-3 * gradient / gradient.abs().max()
        assert loss(loss_inputs(moved)) <= value + 1e-6, f"{type(loss).__name__} grows along its own descent"


def check_filter(cls: type[Filter], **settings: Any) -> None:
    """Shape, gradient, repeatability and a calm `present` of a filter.

    Args:
        settings: values other than the defaults.
    """
    check_class("filter", cls)
    tested = cls(settings_of(cls, **settings), PALETTE, "cpu")
    canvas = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0)).requires_grad_(True)
    with untouched_randomness():
        result, again = (tested(canvas, tested.draw((64, 48), torch.Generator().manual_seed(1))) for _ in range(2))
        shown, shown_again = tested.present(canvas), tested.present(canvas)
    assert result.canvas.shape == canvas.shape, f"{cls.__name__} changes the size of the picture"
    assert torch.equal(result.canvas, again.canvas), f"{cls.__name__} is not repeatable with the same generator"
    assert torch.equal(shown, shown_again), f"{cls.__name__}.present is not always the same"
    assert result.penalty is None or result.penalty.ndim == 0, f"the penalty of {cls.__name__} is not a scalar"
    (gradient,) = torch.autograd.grad(result.canvas.sum(), canvas)
    assert gradient.abs().max() > 0, f"{cls.__name__} lets no gradient through"


def check_settings_kept(settings: argparse.Namespace, before: dict[str, Any]) -> None:
    """Settings are an input: nothing may have changed them.

    Args:
        before: a deep copy of `vars(settings)`.
    """
    assert vars(settings) == before, "the settings were changed"
