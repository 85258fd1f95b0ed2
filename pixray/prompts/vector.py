"""Vector prompts: directions in a perceptor's space, made from pictures by `pixray vectorize`, in JSON files.

    {"ViT-B/32": [[0.01, -0.02, …]], "RN50": [[…]]}

A file may hold several vectors for a model; each pulls alike.

Late imports keep torch out of start-up.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixray.errors import SettingsError
from pixray.images.glob import is_address

if TYPE_CHECKING:
    from torch import Tensor

    from pixray.models.store import ModelStore
    from pixray.perceptors.base import Perceptor

STRENGTH = 0.1
"""The weight of a vector prompt is multiplied by this, so that `textoff:1` only corrects a picture."""
CUSTOMARY = ("textoff", "textoff1", "textoff2")
"""Names that old settings hold as a matter of course: where there is no such file, nothing is missed."""

Vectors = dict[str, list[list[float]]]


def find_vectors(name: str, store: ModelStore) -> Vectors | None:
    """The vectors behind a name, or None when there is no file of it.

    Args:
        name: a .json file, an address of one, or the bare name of one in `vectors/` here or in a checkpoints folder.

    Raises:
        SettingsError: a file that holds something else.
        PixrayError: the address does not answer.
    """
    if is_address(name):
        from pixray.images.fetch import fetch

        return read_vectors(fetch(name, "vector_prompts").decode("utf-8", "replace"), name)
    path = Path(name).expanduser()
    if path.suffix.lower() != ".json":
        local = Path("vectors") / f"{name}.json"
        file = local if local.is_file() else store.find(f"vectors/{name}.json")
        if file is None:
            return None
        path = file
    try:
        return read_vectors(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"vector_prompts='{name}': cannot be read ({error})") from error


def read_vectors(text: str, where: str) -> Vectors:
    """The vectors in a JSON text, checked.

    Raises:
        SettingsError: anything but lists of numbers, all of one length, by model name.
    """
    try:
        vectors = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"vector_prompts='{where}': is not valid JSON ({error})") from None
    if not isinstance(vectors, dict) or not all(_is_matrix(rows) for rows in vectors.values()):
        raise SettingsError(
            f"vector_prompts='{where}': expected lists of vectors by model name, as `pixray vectorize` writes them"
        )
    return vectors


def _is_matrix(rows: Any) -> bool:
    return (
        isinstance(rows, list)
        and bool(rows)
        and all(isinstance(row, list) and len(row) == len(rows[0]) and row for row in rows)
        and all(isinstance(value, int | float) and math.isfinite(value) for row in rows for value in row)
    )


def targets_for(vectors: Vectors, name: str, perceptor: Perceptor, where: str) -> Tensor | None:
    """The vectors for one perceptor, of unit length: M D; None when the file holds none for it.

    Args:
        name: of the perceptor, as settings call it; where: what messages call the vectors.

    Raises:
        SettingsError: vectors of another length than the perceptor's.
    """
    import torch

    if name not in vectors:
        return None
    rows = torch.tensor(vectors[name], dtype=torch.float32)
    if rows.shape[1] != perceptor.dim:
        raise SettingsError(
            f"vector_prompts='{where}': its vectors for {name} have {rows.shape[1]} numbers, but {name} has "
            f"{perceptor.dim}; make them again with `pixray vectorize`"
        )
    return torch.nn.functional.normalize(rows, dim=-1)


def mean_difference(first: Tensor, second: Tensor) -> Tensor:
    """From the mean of one set of vectors to the mean of another.

    Args:
        first: N D; second: M D.

    Returns:
        1 D.
    """
    return second.mean(0, keepdim=True) - first.mean(0, keepdim=True)


def svm_difference(first: Tensor, second: Tensor, strength: float = 1.0) -> Tensor:
    """The normal of the plane that parts two sets of vectors, pointing to the second, as long as their means are apart.

    A linear support vector machine with squared hinge loss whose offset is regularised too, as LIBLINEAR solves by
    default (Fan et al. 2008): minimise |w|^2/2 + b^2/2 + C sum max(0, 1 - y (w x + b))^2. It is convex and smooth, so
    L-BFGS finds its minimum.

    Args:
        first: N D; second: M D; strength: C.

    Returns:
        1 D.
    """
    import torch

    points = torch.cat([first, second]).double().cpu()
    points = torch.cat([points, torch.ones(len(points), 1, dtype=torch.float64)], 1)
    sides = torch.cat([-torch.ones(len(first)), torch.ones(len(second))]).double()
    plane = torch.zeros(points.shape[1], dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS(
        [plane], max_iter=2000, tolerance_grad=1e-9, tolerance_change=1e-14, line_search_fn="strong_wolfe"
    )

    def objective() -> Tensor:
        solver.zero_grad()
        value = plane.square().sum() / 2 + strength * (1 - sides * (points @ plane)).clamp_min(0).square().sum()
        value.backward()
        return value

    solver.step(objective)  # type: ignore[arg-type, no-untyped-call, unused-ignore]
    normal = plane.detach()[:-1].float()[None].to(first.device)
    return normal / normal.norm().clamp_min(1e-12) * mean_difference(first, second).norm()
