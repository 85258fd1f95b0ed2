"""Distances between two sets of feature vectors, after STROTSS: "Style Transfer by Relaxed Optimal Transport and
Self-Similarity", Kolkin, Salavon and Shakhnarovich 2019, arXiv 1904.12785.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

# BT.601 with chroma around zero: brightness apart from colour, as the paper's palette term wants it.
_YUV = ((0.299, 0.587, 0.114), (-0.147, -0.289, 0.436), (0.615, -0.515, -0.1))


def cosine_distances(first: Tensor, second: Tensor) -> Tensor:
    """N D and M D to N M."""
    return 1 - F.normalize(first, dim=1) @ F.normalize(second, dim=1).t()


def relaxed_emd(costs: Tensor) -> Tensor:
    """The relaxed earth mover's distance of two sets: every vector goes to its nearest, from whichever side costs more.

    Args:
        costs: N M.
    """
    return torch.maximum(costs.min(1).values.mean(), costs.min(0).values.mean())


def moment_distance(first: Tensor, second: Tensor) -> Tensor:
    """Mean absolute difference of the means and of the covariances of two sets, N D and M D."""
    means = (first.mean(0) - second.mean(0)).abs().mean()
    return means + (first.t().cov(correction=0) - second.t().cov(correction=0)).abs().mean()


def color_distance(first: Tensor, second: Tensor) -> Tensor:
    """Relaxed earth mover's distance of two sets of colours, N 3 and M 3, by direction and by distance."""
    mix = torch.tensor(_YUV, device=first.device).t()
    first, second = first @ mix, second @ mix
    squares = (first[:, None] - second[None]).square().sum(2)
    return relaxed_emd(cosine_distances(first, second) + (squares + 1e-8).sqrt())


def self_similarity_distance(first: Tensor, second: Tensor) -> Tensor:
    """How differently two sets of N vectors each resemble themselves: what a content is, whatever its style."""
    rows, columns = cosine_distances(first, first), cosine_distances(second, second)
    return (rows / rows.mean(0).clamp_min(1e-6) - columns / columns.mean(0).clamp_min(1e-6)).abs().mean()
