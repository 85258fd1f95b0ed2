"""What our own optimizers have in common: everything but the step.

`torch.optim.Optimizer` does the same, but its constructor imports the compiler (torch._dynamo), which takes longer
than everything else that a run does before its first step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor


class LightOptimizer(torch.optim.Optimizer):
    """An optimizer of torch's form that does not import its compiler. Subclasses say how a group's tensors move.

    Args:
        params: groups of tensors, each with `params` and perhaps options of its own.
        defaults: options of groups that do not say otherwise.

    Attributes:
        moments: what is kept of each tensor, as tensors of its shape.
    """

    moments: ClassVar[tuple[str, ...]] = ()

    def __init__(self, params: Iterable[Mapping[str, Any]], defaults: Mapping[str, Any]) -> None:
        # The constructor of the base class, and whatever else of it imports the compiler, is left aside.
        self.defaults = dict(defaults)
        self.param_groups = [{**self.defaults, **group, "params": list(group["params"])} for group in params]
        self.state: defaultdict[Tensor, Any] = defaultdict(dict)

    def move(self, tensors: list[Tensor], states: list[dict[str, Tensor]], group: Mapping[str, Any]) -> None:
        """Take a step with the tensors of a group that have gradients.

        Args:
            states: the moments of each, and how many steps were taken before.
        """
        raise NotImplementedError

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A copy, too, does without what the base class would bring.
        self.__dict__.update(state)

    def zero_grad(self, set_to_none: bool = True) -> None:
        for tensor in self._tensors():
            if tensor.grad is not None and set_to_none:
                tensor.grad = None
            elif tensor.grad is not None:
                tensor.grad.detach_().zero_()

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            tensors = [tensor for tensor in group["params"] if tensor.grad is not None]
            states = [self._state_of(tensor, group) for tensor in tensors]
            if tensors:
                self.move(tensors, states, group)
        return loss

    def state_dict(self) -> dict[str, Any]:
        """In the form of torch's optimizers: tensors by their number, over all groups."""
        numbers = {tensor: number for number, tensor in enumerate(self._tensors())}
        groups = [{**group, "params": [numbers[tensor] for tensor in group["params"]]} for group in self.param_groups]
        return {"state": {numbers[tensor]: state for tensor, state in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over such a state, perhaps from another device.

        Raises:
            ValueError: it belongs to other tensors.
        """
        saved = state_dict["param_groups"]
        if [len(group["params"]) for group in saved] != [len(group["params"]) for group in self.param_groups]:
            raise ValueError("the saved state of the optimizer belongs to other tensors")
        for group, values in zip(self.param_groups, saved, strict=True):
            group.update({name: value for name, value in values.items() if name != "params"})
        self.state.clear()
        for group, values in zip(self.param_groups, saved, strict=True):
            for tensor, number in zip(group["params"], values["params"], strict=True):
                if number in state_dict["state"]:
                    self._take_over(tensor, group, state_dict["state"][number])

    def _tensors(self) -> list[Tensor]:
        return [tensor for group in self.param_groups for tensor in group["params"]]

    def _state_of(self, tensor: Tensor, group: Mapping[str, Any]) -> dict[str, Tensor]:
        state = self.state[tensor]
        if not state:
            state["step"] = torch.zeros((), device=self._place_of_count(tensor, group))
            state.update({name: torch.zeros_like(tensor, memory_format=torch.preserve_format) for name in self.moments})
        return state

    def _take_over(self, tensor: Tensor, group: Mapping[str, Any], saved: Mapping[str, Tensor]) -> None:
        state = self._state_of(tensor, group)
        state["step"] = torch.as_tensor(saved["step"], dtype=torch.float32).to(self._place_of_count(tensor, group))
        for name in self.moments:
            if saved[name].shape != tensor.shape:
                raise ValueError("the saved state of the optimizer belongs to tensors of other shapes")
            state[name].copy_(saved[name])

    def _place_of_count(self, tensor: Tensor, group: Mapping[str, Any]) -> torch.device | str:
        return tensor.device if group.get("fused") or group.get("capturable") else "cpu"
