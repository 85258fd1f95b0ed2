"""What a drawer is: the owner of the numbers being optimised, and of how they become a picture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from pixray.errors import Unsupported
from pixray.optim.saved_tensors import declared_tensors, put_back, saved

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from pixray.models.store import ModelStore
    from pixray.optim.parameter_group import ParameterGroup
    from pixray.settings.namespace import Settings as RunSettings


@dataclass(frozen=True)
class Canvas:
    """What a drawer is asked to fill.

    Attributes:
        width, height: pixels, as asked for; a drawer may round them (see `Drawer.size`).
        device: where its tensors live ("cpu", "cuda:0", "mps").
        transparent: the drawer may leave parts of the picture transparent.
        palette: colours a drawer may use for ink or cells, each (red, green, blue) from 0 to 1; empty: its own choice.
        notice: tells the user something, as a sentence.
    """

    width: int
    height: int
    device: str = "cpu"
    transparent: bool = False
    palette: tuple[tuple[float, float, float], ...] = ()
    notice: Callable[[str], None] = field(default=lambda text: None, repr=False, compare=False)


class Draft(Enum):
    """What an embedded guide can paint for a drawer to begin with."""

    INK = "ink"
    COLOURS = "colours"


@dataclass(frozen=True)
class Proposal:
    """What a drawer without gradients has to show for its work.

    Attributes:
        image: 1 3 H W in [0, 1], of the drawer's `size`; None: nothing yet, it only says that it is still at work.
        finished: a candidate to be judged; otherwise a preview of one.
        notice: something the user should know, as a sentence.
        source: what the drawer made the picture from, for itself: `accept` receives it again.
    """

    image: Tensor | None = field(default=None, repr=False, compare=False)
    finished: bool = False
    notice: str | None = None
    source: Any = field(default=None, repr=False, compare=False)


class Drawer(ABC):
    """Turns its parameters into a picture. Knows nothing of perceptors, losses, files or time.

    A subclass declares its settings in a nested frozen dataclass `Settings` and is constructed with an instance of it
    and a Canvas. Order of calls: construct (cheap), `load` (weights, the only slow moment), `configure`, `start` once,
    then `render` and `project` in every step. It must define `start`, `parameters` and `render`; all else has defaults.
    """

    Settings: ClassVar[type | None] = None
    wants_noise: bool = True
    """Whether it starts from the run's noise picture when there is no start image (strokes do not)."""
    tensors: ClassVar[Sequence[str]] = ()
    """Attributes that `state` saves beside the parameters: each holds a tensor, or a list or mapping of tensors."""
    uses_palette: bool = False
    """Whether it takes its colours from the canvas's palette."""
    capturable: bool = False
    """Whether a CUDA graph can hold a step with it: `render` and `project` do the same in every step, on the device and
    without regard to the step's number. `pixray.testing.recording` tells."""
    hardens_at: int | None = None
    """The step from which on it paints as it delivers, where it paints more freely before that; known after `start`."""
    supplies: ClassVar[Mapping[str, Any]] = {}
    """Settings of the run that follow from choosing this drawer, unless somebody says otherwise."""

    def __init__(self, settings: Any, canvas: Canvas) -> None:
        self.settings = settings
        self.canvas = canvas

    @property
    def can_paint(self) -> bool:
        """Whether `paint` works, as overlays and animations need: true of classes that define it."""
        return type(self).paint is not Drawer.paint

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its pictures in pixels, as near to the canvas as it can."""
        return self.canvas.width, self.canvas.height

    def load(self, models: ModelStore) -> None:
        """Fetch and load weights, if it has any."""
        return

    def configure(self, settings: RunSettings, seed: int) -> None:
        """Receive the run's settings and seed, after `load` and before `start`. Most drawers need neither.

        Args:
            settings: of the run; read only.
            seed: the number really used.
        """
        return

    @property
    def wants_draft(self) -> Draft | None:
        """Which draft by an embedded guide it begins with unless there is a start image."""
        return None

    def take_draft(self, ink: Tensor) -> None:
        """Receive, before `start`, a draft in ink. One in colours is the start image.

        Args:
            ink: S S in [0, 1], how much ink lies where in the square in the middle of the canvas.
        """
        return

    @abstractmethod
    def start(self, image: Tensor | None, generator: torch.Generator) -> None:
        """Make the parameters.

        Args:
            image: 1 C H W in [0, 1], C 3 or 4, of this drawer's `size`, to begin from; None: begin at random.
            generator: the only source of chance, on the CPU.
        """

    @abstractmethod
    def parameters(self) -> list[ParameterGroup]:
        """What to optimise; an empty list means that it cannot be optimised and `propose` is used instead."""

    @abstractmethod
    def render(self, step: int) -> Tensor:
        """The picture, 1 C H W in [0, 1] with C 3 or 4, differentiable with respect to the parameters."""

    def paint(self, image: Tensor) -> None:
        """Become as close to this picture as it can, in place, so that optimizers keep working.

        Args:
            image: 1 3 H W in [0, 1], of this drawer's `size`.

        Raises:
            Unsupported: the class does not define it.
        """
        raise Unsupported(f"{type(self).__name__} cannot take over a picture, which overlays and animations need")

    def take_palette(self, palette: tuple[tuple[float, float, float], ...]) -> None:
        """Paint in the colours of another palette from now on, as far as its colours come from one.

        Raises:
            SettingsError: it cannot, having begun with the other; nothing has changed then.
        """
        self.canvas = replace(self.canvas, palette=palette)

    def project(self) -> None:
        """Put the parameters back into their valid range after a step."""
        return

    def settle(self) -> None:
        """The run ends here, perhaps early: from now on, paint as it is to be delivered."""
        return

    def latent(self) -> Tensor | None:
        """Its inner picture with gradient, for losses that hold on to a start; None if it has none."""
        return None

    def encode(self, image: Tensor) -> Tensor | None:
        """What `latent` would be if it painted this picture, 1 3 H W in [0, 1] of its `size`; None if it has none."""
        return None

    def chosen(self) -> Mapping[str, Any]:
        """Settings that it decided while loading, such as which model stands behind "auto": kept in the record."""
        return {}

    def propose(self, step: int) -> Iterator[Proposal]:
        """The candidates of one step, for a drawer without gradients.

        An empty Proposal comes at least twice a second while the drawer waits for something, so that a run can be
        stopped; closing the iterator gives the work up.
        """
        raise Unsupported(f"{type(self).__name__} is optimised by gradients and proposes nothing")

    def accept(self, proposal: Proposal) -> None:
        """Make a candidate that `propose` just yielded the picture: it is the best so far."""
        raise Unsupported(f"{type(self).__name__} is optimised by gradients and proposes nothing")

    def facts(self) -> Mapping[str, str]:
        """What the metadata of the picture should say beyond the settings, by key."""
        return {}

    def files(self, shown: Tensor) -> Mapping[str, bytes]:
        """Deliverables beside the picture, by name ending, such as {".svg": b"…"}.

        Args:
            shown: 1 C H W in [0, 1], the picture as it is saved, after all filters.
        """
        return {}

    def state(self) -> dict[str, Tensor]:
        """Everything needed to continue, as copies on the CPU: the declared `tensors` and all parameters."""
        return saved(self._saved_tensors())

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over a saved state, in place.

        Raises:
            PixrayError: it is the state of something else.
        """
        put_back(self, self._saved_tensors(), state)

    def _saved_tensors(self) -> dict[str, Tensor]:
        declared = declared_tensors(self, self.tensors)
        declared_ids = {id(tensor) for tensor in declared.values()}
        free = [tensor for group in self.parameters() for tensor in group.tensors if id(tensor) not in declared_ids]
        return {**declared, **{f"parameter{number}": tensor for number, tensor in enumerate(free)}}
