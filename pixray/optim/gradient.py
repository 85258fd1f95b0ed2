"""Gradient descent: a torch optimizer, learning rates that drop, and the decision to stop when nothing improves."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from pixray.optim.loss_values import LossValues
from pixray.optim.parameter_group import ParameterGroup
from pixray.optim.torch_optimizers import make_optimizer

_LAG = 64
"""Steps whose losses may stay on a GPU."""

PATIENCE = 12
"""Steps without a better loss before auto_stop drops the rate, as in the old pixray."""


class GradientOptimizer:
    """A torch optimizer with its learning-rate schedule.

    Args:
        groups: the parameters.
        optimizer: class of the torch optimizer.
        rate: learning rate of groups without one of their own.
        drops: step numbers at which the rate is divided by 10.
        auto_stop: drop early when the loss stalls, and stop when there are no drops left.
        capturable: make updates that a CUDA graph can hold: losses are judged and rates are kept on the device.
        further: keywords of the optimizer itself.
    """

    searches = False
    ready = True

    def __init__(
        self,
        groups: Sequence[ParameterGroup],
        optimizer: type[torch.optim.Optimizer] = torch.optim.Adam,
        rate: float = 0.2,
        drops: Sequence[int] = (),
        auto_stop: bool = False,
        capturable: bool = False,
        further: Mapping[str, Any] | None = None,
    ) -> None:
        self.capturable = capturable
        self.torch_optimizer = make_optimizer(optimizer, groups, rate, capturable, further)
        self.pace = 1.0
        self._start_rates = [float(group["lr"]) for group in self.torch_optimizer.param_groups]
        self.drops = tuple(drops)
        self.auto_stop = auto_stop
        self.num_dropped = 0
        self._best = math.inf
        self.best_step = 0
        self._totals: list[tuple[int, Tensor]] = []

    @property
    def factor(self) -> float:
        """What the start rates are multiplied by now."""
        return self.pace * 10.0**-self.num_dropped

    def set_pace(self, pace: float) -> None:
        """Multiply all rates, those of drops to come included, with respect to the start rates."""
        self.pace = pace
        self._set_rates()

    def drop_if_due(self, step: int) -> bool:
        """Drop the rates if the schedule says so for this step; whether it did."""
        due = self.drops.count(step)
        for _ in range(due):
            self._drop()
        return due > 0

    def clear(self) -> None:
        """Clear the gradients of the last step."""
        self.torch_optimizer.zero_grad(set_to_none=True)

    def update(self, losses: LossValues | None = None) -> bool:
        """Update the parameters, unless a loss is not finite; whether they were updated.

        Losses that are still on a GPU are checked there: if one is not finite, all gradients are set to zero, and the
        caller notices when it reads the losses.
        """
        if losses is not None and losses.at_hand and not self.capturable:
            if not math.isfinite(sum(losses.values())):
                return False
        elif losses is not None and (total := losses.total) is not None:
            for group in self.torch_optimizer.param_groups:
                for tensor in group["params"]:
                    if tensor.grad is not None:
                        tensor.grad = torch.where(torch.isfinite(total), tensor.grad, 0.0)
        self.torch_optimizer.step()
        return True

    @property
    def best(self) -> float:
        """The smallest total loss so far; infinite before the first."""
        self._read_totals()
        return self._best

    def watch(self, step: int, losses: LossValues) -> bool:
        """Track the losses of a step; with auto_stop, drop the rates after a stall. Whether they dropped."""
        total = losses.total
        self._totals.append((step, torch.zeros(()) if total is None else total))
        if losses.at_hand or self.auto_stop or len(self._totals) >= _LAG:
            return self._read_totals()
        return False

    def _read_totals(self) -> bool:
        """Fetch the totals that were not read yet, in one transfer. Whether the rates dropped."""
        totals, self._totals = self._totals, []
        if not totals:
            return False
        values = torch.stack([total for _, total in totals]).tolist()
        dropped = [self._note(step, value) for (step, _), value in zip(totals, values, strict=True)]
        return any(dropped)

    def _note(self, step: int, total: float) -> bool:
        if total < self._best:
            self._best, self.best_step = total, step
        elif self.auto_stop and step - self.best_step >= PATIENCE:
            self.best_step = step  # the next stall is counted from here
            self._drop()
            return True
        return False

    @property
    def exhausted(self) -> bool:
        """Whether auto_stop has used up every drop, so that the run should end."""
        return self.auto_stop and self.num_dropped > len(self.drops)

    def tensors(self) -> list[Tensor]:
        """Every tensor that an update changes in place."""
        parameters = [tensor for group in self.torch_optimizer.param_groups for tensor in group["params"]]
        states = [value for tensor in parameters for value in self.torch_optimizer.state.get(tensor, {}).values()]
        return [*parameters, *(value for value in states if isinstance(value, Tensor))]

    def _drop(self) -> None:
        self.num_dropped += 1
        self._set_rates()

    def _set_rates(self) -> None:
        for group, start in zip(self.torch_optimizer.param_groups, self._start_rates, strict=True):
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(start * self.factor)  # in place, where a captured step reads it
            else:
                group["lr"] = start * self.factor

    def state(self) -> dict[str, Any]:
        """Everything needed to continue, as copies that later steps do not change."""
        saved = copy.deepcopy(self.torch_optimizer.state_dict())
        groups = [{**group, "lr": float(group["lr"])} for group in saved["param_groups"]]
        return {
            "optimizer": {**saved, "param_groups": groups},
            "num_dropped": self.num_dropped,
            "best": self.best,
            "best_step": self.best_step,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over a saved state, perhaps from a run on another device."""
        # Checkpoints of 2.0.0 and before spell the key "optimiser".
        saved = copy.deepcopy(state["optimizer"] if "optimizer" in state else state["optimiser"])
        # Options such as `fused` are those of this run; the moments are those of the saved one.
        current = [
            {key: value for key, value in group.items() if key != "params"}
            for group in self.torch_optimizer.param_groups
        ]
        groups = [{**stored, **present} for stored, present in zip(saved["param_groups"], current, strict=True)]
        self.torch_optimizer.load_state_dict({**saved, "param_groups": groups})
        self.num_dropped = int(state["num_dropped"])
        self._set_rates()
        self._totals = []
        self._best, self.best_step = float(state["best"]), int(state["best_step"])


def finite(tensor: Tensor) -> bool:
    """Whether every number of a tensor is finite."""
    return bool(torch.isfinite(tensor).all())
