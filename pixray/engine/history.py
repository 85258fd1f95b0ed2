"""The states of a run that it can go back to, in memory: bounded, and spread over the whole of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from pixray.engine.capture.trees import mapped, tensors

MOST_STATES = 16
MOST_BYTES = 1 << 30


class History:
    """States by the number of steps taken. When there are too many, every second one goes, the last one at last.

    Args:
        most_states, most_bytes: how many are kept, and how large all of them may be together.
    """

    def __init__(self, most_states: int = MOST_STATES, most_bytes: int = MOST_BYTES) -> None:
        self._most_states, self._most_bytes = most_states, most_bytes
        self._states: dict[int, Mapping[str, Any]] = {}

    @property
    def steps(self) -> list[int]:
        """What can be gone back to, in order."""
        return sorted(self._states)

    def keep(self, step: int, state: Mapping[str, Any]) -> None:
        """Keep a state; its tensors lie on the CPU from now on."""
        states = {**self._states, step: mapped(state, Tensor.cpu)}
        while states and not self._fits(states):
            steps = sorted(states)
            for gone in steps[-2::-2] or steps:
                del states[gone]
        self._states = states  # in one move: other threads read it

    def back_to(self, step: int) -> Mapping[str, Any]:
        """The state after `step` steps, which is there; those of later steps are forgotten."""
        self._states = {kept: state for kept, state in self._states.items() if kept <= step}
        return self._states[step]

    def _fits(self, states: Mapping[int, Mapping[str, Any]]) -> bool:
        size = sum(tensor.numel() * tensor.element_size() for state in states.values() for tensor in tensors(state))
        return len(states) <= self._most_states and size <= self._most_bytes
