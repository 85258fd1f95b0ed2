"""Under which names a checkpoint keeps the weights of its VQGAN: training tools put words of their own before them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_WRAPPERS = frozenset({"module", "_orig_mod"})
"""What DataParallel and torch.compile put before the names of whatever they wrap, be it a part of the model."""
_HOLDERS = frozenset({"model", "first_stage_model"})
"""What a model that holds the VQGAN calls it. Averaged weights have other names (model_ema) and are not meant."""
_TELLING = "decoder.conv_in.weight"


@dataclass(frozen=True)
class NamedWeights:
    """Which weights are meant.

    Attributes:
        names: by the name in the checkpoint, the name in the network.
        prefix: what stands before them, wrappers left out.
        elsewhere: prefixes under which a VQGAN lies as well, but which are not known here.
    """

    names: Mapping[str, str]
    prefix: str
    elsewhere: tuple[str, ...] = ()


def match_names(stored: Collection[str], expected: Collection[str], usual: str) -> NamedWeights:
    """Find the prefix under which most of the expected names are.

    Args:
        stored: the names in the checkpoint.
        expected: those of the network.
        usual: the prefix to take where several have as many.
    """
    own_names = set(expected)
    split = {name: _split(name) for name in stored}
    counts = Counter(prefix for prefix, rest in split.values() if rest in own_names)
    prefix = max(counts, key=lambda each: (counts[each], each == usual, -len(each)), default=usual)
    names = {name: rest for name, (before, rest) in split.items() if before == prefix and rest in own_names}
    ends = [name.removesuffix(_TELLING) for name in stored if name.endswith(f".{_TELLING}")]
    unknown = tuple(sorted(end for end in ends if _split(end + _TELLING)[1] != _TELLING))
    return NamedWeights(names, prefix, unknown)


def _split(name: str) -> tuple[str, str]:
    """The known words before a name, as a prefix, and the rest of it."""
    words = [word for word in name.split(".") if word not in _WRAPPERS]
    count = next((index for index, word in enumerate(words) if word not in _HOLDERS), len(words))
    return "".join(f"{word}." for word in words[:count]), ".".join(words[count:])
