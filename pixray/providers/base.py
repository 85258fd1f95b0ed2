"""What a provider is: it turns a request into the wire of one remote service, and a reply into images. Nothing else.

Retries, limits, budget, cache, downloads and decoding are the same for all and live in `client.py`.
"""

from __future__ import annotations

import dataclasses
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from pixray.providers.price_list import PriceList
from pixray.providers.secrets import Secret, secret
from pixray.providers.sizes import SizeRule

Status = Literal["ok", "filtered", "blurred", "error"]


@dataclass(frozen=True)
class Capabilities:
    """What a service can do, known without asking it.

    Attributes:
        init: takes a picture to start from; mask: repaints a part of it; controls: kinds of control ("pose" …).
        negative: takes words of what not to paint.
        weights: "multi" when every prompt has a weight of its own, "inline" when weights are part of the text.
        seeds: largest seed, or None when the service takes none.
        most_images: of one submission.
        sizes: what it makes.
        samplers: names it takes; empty: it has no choice, None: any name is passed on.
        steps, guidance: whether it takes them.
        previews: whether unfinished pictures can come.
        deterministic: whether the same request gives the same picture.
        concurrency: submissions at once; rate: at most so many submissions in so many seconds.
        timeout: seconds until an answer is given up.
        most_input: bytes of one picture sent.
        tokens: so many tokens of CLIP are read of a prompt, and the rest is cut off without a word; None: all of it.
    """

    init: bool = False
    mask: bool = False
    controls: tuple[str, ...] = ()
    negative: bool = False
    weights: Literal["none", "multi", "inline"] = "none"
    seeds: int | None = None
    most_images: int = 1
    sizes: SizeRule = SizeRule()
    samplers: tuple[str, ...] | None = ()
    steps: bool = False
    guidance: bool = False
    previews: bool = False
    deterministic: bool = False
    concurrency: int = 2
    rate: tuple[int, float] | None = None
    timeout: float = 180.0
    most_input: int = 20 << 20
    tokens: int | None = None


@dataclass(frozen=True)
class Control:
    """A picture that steers the composition: `kind` "pose", "sketch", "depth" or "canny"; `scale` 0 to 1."""

    kind: str
    image: bytes = field(repr=False)
    scale: float | None = None


@dataclass(frozen=True, kw_only=True)
class ImageRequest:
    """What to make.

    Attributes:
        prompts: texts with weights; a negative weight means "not this".
        width, height: pixels, one of the service's sizes.
        negative: words of what not to paint.
        count: how many pictures, with the seeds `seed`, `seed + 1` …
        seed: from 1; None: the client draws one where the service takes seeds, so that the result can be repeated.
        model, steps, guidance, sampler: None: the service's choice, or the adapter's documented default.
        init: PNG of exactly this size to start from; strength: 0 keeps it, 1 ignores it.
        mask: grey PNG of the same size, white (255): repaint, black: keep.
        control: a picture that steers the composition.
        options: other settings of this service, by their name without the service's prefix.
        timeout: seconds; None: the service's usual one.
    """

    prompts: tuple[tuple[str, float], ...]
    width: int
    height: int
    negative: str = ""
    count: int = 1
    seed: int | None = None
    model: str | None = None
    steps: int | None = None
    guidance: float | None = None
    sampler: str | None = None
    init: bytes | None = field(default=None, repr=False)
    strength: float | None = None
    mask: bytes | None = field(default=None, repr=False)
    control: Control | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    timeout: float | None = None

    @property
    def text(self) -> str:
        """The wanted prompts as one text, for services without weights."""
        return ", ".join(text for text, weight in self.prompts if weight > 0)

    @property
    def unwanted(self) -> str:
        """Everything that shall not be painted, as one text."""
        words = [text for text, weight in self.prompts if weight < 0]
        return ", ".join([*words, self.negative] if self.negative else words)

    def option(self, name: str, default: Any = None) -> Any:
        """Another setting of the service, or the default when nobody gave it."""
        value = self.options.get(name)
        return default if value is None else value


@dataclass(frozen=True)
class Preview:
    """An unfinished picture."""

    content: bytes = field(repr=False)


@dataclass(frozen=True)
class GeneratedImage:
    """One finished picture as it came, or the news that it was refused.

    Attributes:
        content: the bytes of the picture; address: where to fetch them instead.
        seed: what the service says it used.
        status: "ok"; "filtered": refused, there is no picture; "blurred": made unrecognisable; "error".
        refusal: what the service said about a refusal.
        revised_prompt: the text that the service really painted.
        beside: other pictures by name ("pose"), as bytes or addresses.
        facts: request id, engine and so on, for the metadata.
    """

    content: bytes | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    seed: int | None = None
    status: Status = "ok"
    refusal: str = ""
    revised_prompt: str | None = None
    beside: Mapping[str, bytes | str] = field(default_factory=dict, repr=False)
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bill:
    """What the service says that a submission cost: an amount in its unit, or tokens, which a price list prices."""

    amount: float | None = None
    unit: str = ""
    tokens: int | None = None


@dataclass(frozen=True)
class Remark:
    """Something that the user should know, as one sentence."""

    text: str


@dataclass(frozen=True)
class Accepted:
    """The service has taken the work in and will bill it, whether anybody waits for it or not.

    Attributes:
        task: what `collect` needs to ask after it, as plain JSON without the key.
        can_be_cancelled: the service is told if the work is no longer wanted.
    """

    task: Mapping[str, Any]
    can_be_cancelled: bool = True


Reply = Preview | GeneratedImage | Bill | Remark | Accepted


class Provider(ABC):
    """One remote service.

    A subclass names itself, states its capabilities, declares its settings (each with the prefix `NAME_`) and writes
    `generate`. It is found like every other part: built in, by entry point `pixray.providers`, or registered; its name
    is then also the name of a drawer.

    Args:
        settings: an instance of its `Settings`; None: the defaults.
        key: gives the key; None: the variable `key_name`.
        url: where the service is; None: its setting, then the variable `url_name`, then `default_url`.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    """Counts up when the same request would be sent differently; part of the cache key."""
    capabilities: ClassVar[Capabilities]
    Settings: ClassVar[type | None] = None
    key_name: ClassVar[str] = ""
    needs_key: ClassVar[bool] = True
    """Whether it refuses to work without a key; services of one's own machine mostly do without."""
    prices: ClassVar[PriceList | None] = None
    """What a picture costs, as far as it is known; a guess is told as one, and never counts against `max_cost`."""
    local_ports: ClassVar[tuple[int, ...]] = ()
    """Where it usually listens if it runs on this machine."""
    url_name: ClassVar[str] = ""
    default_url: ClassVar[str] = ""

    def __init__(
        self, settings: Any = None, key: Callable[[], str | None] | None = None, url: str | None = None
    ) -> None:
        if settings is None and self.Settings is not None:
            settings = self.Settings()
        self.settings = settings
        self.key: Secret = secret(self.key_name) if key is None else Secret(key, self.key_name or "the callable")
        chosen = url or getattr(settings, f"{self.name}_url", None) or os.environ.get(self.url_name or "-")
        self.url: str = (chosen or self.default_url).strip().rstrip("/")

    @abstractmethod
    def generate(self, request: ImageRequest) -> AsyncIterator[Reply]:
        """Make one submission and yield what comes back, as it comes.

        Args:
            request: checked against the capabilities; `count` is at most `most_images`.

        Raises:
            ProviderError: one of its kinds. Pictures that were yielded before count.
        """

    def collect(self, task: Mapping[str, Any], request: ImageRequest) -> AsyncIterator[Reply]:
        """Go on with work that was accepted earlier, perhaps for another process: what follows `Accepted`.

        Args:
            task: as `generate` said it in `Accepted`.
        """
        raise NotImplementedError(f"{self.name} accepts no work to come back for")

    def sizes(self, model: str | None) -> SizeRule:
        """What sizes a model makes."""
        return self.capabilities.sizes

    def refine(self, request: ImageRequest) -> ImageRequest:
        """Check what the capabilities cannot say, and fill in the adapter's defaults. Nothing is sent.

        Raises:
            UnsupportedFeature: this cannot be done.
        """
        return request

    def repeatable(self, request: ImageRequest) -> bool:
        """Whether the same request gives the same picture again."""
        return self.capabilities.deterministic and request.seed is not None

    async def recognised(self) -> str | None:
        """What answers at the address, in words, or None if it is not this service. Asked without a key.

        Raises:
            ProviderError: nobody answers.
        """
        return None

    def request_fields(self) -> dict[str, Any]:
        """The settings as fields of a request: `stability_steps` is `steps`; all others are `options`."""
        if self.settings is None:
            return {}
        prefix = f"{self.name}_"
        values = {
            field.name.removeprefix(prefix): getattr(self.settings, field.name)
            for field in dataclasses.fields(self.settings)
        }
        values.pop("url", None)
        first: dict[str, Any] = {
            name: values.pop(name) for name in ("model", "steps", "guidance", "sampler") if name in values
        }
        return {**first, "options": {name: value for name, value in values.items() if value is not None}}
