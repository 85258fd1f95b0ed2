"""Builds the losses of all prompts of a run. The file of each loss describes what it measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.nn import functional as F

from pixray.cutouts.base import Cutouts, Plan
from pixray.errors import SettingsError
from pixray.images.glob import expand
from pixray.images.io import on_white, open_picture, resized, to_tensor
from pixray.losses.base import WeightedLoss
from pixray.models.store import ModelStore
from pixray.perceptors.base import Perceptor
from pixray.perceptors.reading import not_read
from pixray.prompts.image_loss import ImagePromptLoss
from pixray.prompts.regions import SPOT, SPOT_OFF, spot_masks
from pixray.prompts.text import LONGEST_BEGINNING, as_label, as_text, encoded, label
from pixray.prompts.timed import TimedLoss, turns
from pixray.prompts.vector import CUSTOMARY, STRENGTH, Vectors, find_vectors, targets_for
from pixray.runtime.redact import without_secrets
from pixray.runtime.rng import Generators
from pixray.settings.grammar import Weighted

if TYPE_CHECKING:
    from PIL import Image


_MOST_NAMED = 12
"""Unknown words that one notice names."""


@dataclass(frozen=True)
class Guidance:
    """Builds the losses of all prompts.

    Attributes:
        settings: of the run.
        perceptors, weights: by name.
        cutouts: for shuffled image prompts; generators: all randomness of the run.
        size: width and height of the canvas; device: of all tensors.
        store: its folders may hold files of vectors.
        notice: shows the user a sentence.
    """

    settings: Any
    perceptors: Mapping[str, Perceptor]
    weights: Mapping[str, float]
    cutouts: Cutouts
    generators: Generators
    size: tuple[int, int]
    device: str
    store: ModelStore
    notice: Callable[[str], None]

    def makers(self) -> dict[str, Callable[[], list[WeightedLoss]]]:
        """What makes one loss per prompt and perceptor, by setting, in the order of the old pixray's log."""
        return {
            "spot_prompts": partial(self._texts, "spot_prompts", "spot", spot=SPOT),
            "spot_prompts_off": partial(self._texts, "spot_prompts_off", "spot_off", spot=SPOT_OFF),
            "target_images": self._target_images,
            "prompts": partial(self._texts, "prompts"),
            "timed_prompts": self._timed_texts,
            "prior_prompts": partial(self._texts, "prior_prompts"),
            "vector_prompts": self._vectors,
            "labels": partial(self._texts, "labels", "labels", encode=as_label),
            "image_prompts": self._image_prompts,
            "noise_prompt_seeds": self._noise,
        }

    def spots(self) -> dict[str, Tensor]:
        """The masks of spot prompts, by the name that the losses use."""
        prompts = {SPOT: self._prompts("spot_prompts"), SPOT_OFF: self._prompts("spot_prompts_off")}
        sides = [side for side in prompts if prompts[side]]
        return spot_masks(sides, self.settings.spot_file, self.size, self.device)

    def _prompts(self, setting: str) -> Sequence[Weighted]:
        return self.settings.prompts_by_setting[setting]

    def _texts(
        self, setting: str, kind: str = "", spot: str = "", encode: Callable[[Perceptor, Weighted], Tensor] = as_text
    ) -> list[WeightedLoss]:
        prompts = self._prompts(setting)
        if setting != "prior_prompts":
            self._note_unknown_words(prompts)
        for prompt in prompts:
            self._note_unread(setting, prompt.text, LONGEST_BEGINNING if encode is as_label else "")
        return self._encoded(prompts, encode, kind, spot)

    def _timed_texts(self) -> list[WeightedLoss]:
        """The losses of prompts with times; what begins after the last step is left out."""
        losses: list[WeightedLoss] = []
        for turn, prompts in turns(self.settings):
            if turn.start >= self.settings.iterations > 0:
                steps = self.settings.iterations
                self.notice(f"timed_prompts: step {turn.start} never comes in a run of {steps} steps")
                continue
            self._note_unknown_words(prompts)
            for prompt in prompts:
                self._note_unread("timed_prompts", prompt.text, "")
            timed = self._encoded(prompts, as_text, "")
            losses += [replace(weighted, loss=TimedLoss(weighted.loss, turn)) for weighted in timed]
        return losses

    def _encoded(
        self,
        prompts: Sequence[Weighted],
        encode: Callable[[Perceptor, Weighted], Tensor | None],
        kind: str,
        spot: str = "",
    ) -> list[WeightedLoss]:
        return encoded(prompts, encode, self.perceptors, self.weights, kind, spot)

    def _note_unread(self, setting: str, text: str, before: str) -> None:
        """Tell the user which end of a text is not read, in one notice for all perceptors that stop at the same word.

        Args:
            before: text put before it when it is encoded.
        """
        readers: dict[str, list[str]] = {}
        for name, perceptor in self.perceptors.items():
            unread = perceptor.unread(before + text)
            if unread:
                readers.setdefault(text[-len(unread) :], []).append(name)
        for unread, names in readers.items():
            self.notice(not_read(names, "" if setting == "prompts" else setting, text, unread))

    def _note_unknown_words(self, prompts: Sequence[Weighted]) -> None:
        """Tell the user which words count for nothing, in one notice for all perceptors that know the same ones."""
        for prompt in prompts:
            deaf: dict[tuple[tuple[str, ...], int], list[str]] = {}
            for perceptor in self.perceptors.values():
                unknown = perceptor.unknown_words(prompt.text)
                if unknown:
                    deaf.setdefault((tuple(unknown), round(perceptor.vocabulary, -1)), []).append(perceptor.name)
            for (words, count), names in deaf.items():
                self.notice(_not_known(names, words, count))

    def _target_images(self) -> list[WeightedLoss]:
        """Losses against pictures encoded as a whole."""
        losses = []
        for prompt in self._prompts("target_images"):
            files = expand(prompt.text, "target_images")
            pictures = [on_white(open_picture(file, "target_images")) for file in files]

            def encode(perceptor: Perceptor, _: Weighted, pictures: Sequence[Image.Image] = pictures) -> Tensor:
                return encode_pictures(perceptor, pictures, self.device)

            losses += self._encoded([prompt], encode, "target_images")
        return losses

    def _vectors(self) -> list[WeightedLoss]:
        losses = []
        for prompt in self._prompts("vector_prompts"):
            vectors = find_vectors(prompt.text, self.store)
            if vectors is None and prompt.text not in CUSTOMARY:
                raise SettingsError(
                    f"vector_prompts='{prompt.text}': there is no such file here, in vectors/ or in a checkpoints "
                    "folder; `pixray vectorize` makes one"
                )
            scaled = Weighted(prompt.text, prompt.weight * STRENGTH, prompt.stop)
            prompt_losses = self._encoded([scaled], partial(self._vector_targets, vectors or {}), "vector_prompts")
            if not prompt_losses and "vector_prompts" in self.settings.given():
                models = ", ".join(self.perceptors)
                self.notice(f"vector_prompts='{prompt.text}' has no vector for {models} and does nothing")
            losses += prompt_losses
        return losses

    def _vector_targets(self, vectors: Vectors, perceptor: Perceptor, prompt: Weighted) -> Tensor | None:
        name = next(name for name, candidate in self.perceptors.items() if candidate is perceptor)
        targets = targets_for(vectors, name, perceptor, prompt.text)
        return None if targets is None else targets.to(self.device)

    def _image_prompts(self) -> list[WeightedLoss]:
        settings, losses = self.settings, []
        share = 1.0 if settings.image_prompt_weight is None else settings.image_prompt_weight
        for prompt in self._prompts("image_prompts"):
            for file in expand(prompt.text, "image_prompts"):
                picture = self._reference(file)
                for name, perceptor in self.perceptors.items():
                    loss = ImagePromptLoss(
                        name,
                        perceptor,
                        picture,
                        prompt.weight * share,
                        prompt.stop,
                        all_pairs=settings.image_prompt_pairs == "all",
                        own_plan=partial(self._own_plan, perceptor.input_size)
                        if settings.image_prompt_shuffle
                        else None,
                    )
                    log_name = label(PurePath(without_secrets(file)).name, "image_prompts", name, self.perceptors)
                    losses.append(WeightedLoss(log_name, loss, self.weights[name]))
        return losses

    def _reference(self, file: str) -> Tensor:
        """An image prompt as 1 3 H W, fitted to the canvas; `stretch` keeps its proportions, at the canvas's area."""
        picture = open_picture(file, "image_prompts")
        width, height = self.size
        fit = self.settings.image_fit
        if fit == "stretch":
            factor = min(1.0, (width * height / (picture.width * picture.height)) ** 0.5)
            size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
            return to_tensor(on_white(resized(picture, size))).to(self.device)
        return to_tensor(on_white(resized(picture, self.size, fit))).to(self.device)

    def _own_plan(self, input_size: int, step: int) -> Plan:
        generator = self.generators.get("image_prompts")
        fill = float(torch.rand((), generator=generator))
        return self.cutouts.plan(generator, input_size, step, fill)

    def _noise(self) -> list[WeightedLoss]:
        """Losses against random directions, each from a seed of its own."""
        seeds, weights = self.settings.noise_prompt_seeds or [], self.settings.noise_prompt_weights or []
        if len(weights) > len(seeds):
            raise SettingsError(f"noise_prompt_weights: {len(weights)} weights for {len(seeds)} noise_prompt_seeds")
        weights = [*weights, *[1.0] * (len(seeds) - len(weights))]
        prompts = [Weighted(str(seed), weight) for seed, weight in zip(seeds, weights, strict=True) if weight]
        return self._encoded(prompts, self._noise_targets, "noise_prompts")

    def _noise_targets(self, perceptor: Perceptor, prompt: Weighted) -> Tensor:
        generator = torch.Generator().manual_seed(int(prompt.text))
        return F.normalize(torch.randn(1, perceptor.dim, generator=generator), dim=-1).to(self.device)


@torch.no_grad()
def encode_pictures(perceptor: Perceptor, pictures: Sequence[Image.Image], device: str) -> Tensor:
    """Embeddings of the middle squares of pictures, N D of unit length."""

    side = perceptor.input_size
    squares = [ImageOps.fit(picture, (side, side), Image.Resampling.BICUBIC) for picture in pictures]
    batches = [torch.cat([to_tensor(square) for square in squares[i : i + 32]]) for i in range(0, len(squares), 32)]
    return torch.cat([perceptor.encode_image(batch.to(device)) for batch in batches])


def _not_known(names: Sequence[str], words: Sequence[str], count: int) -> str:
    """A sentence about words that perceptors do not know.

    >>> _not_known(["embedded"], ["yggdrasil"], 400)
    "embedded does not know 'yggdrasil'; it knows about 400 words: pixray words"
    """
    listed = ", ".join(f"'{word}'" for word in words[:_MOST_NAMED])
    listed += f" and {len(words) - _MOST_NAMED} more" if len(words) > _MOST_NAMED else ""
    do, know = ("does not know", "it knows") if len(names) == 1 else ("do not know", "they know")
    return f"{' and '.join(names)} {do} {listed}; {know} about {count} words: pixray words"
