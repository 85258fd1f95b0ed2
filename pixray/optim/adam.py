"""Adam by torch's own kernel. `torch.optim.Adam` computes the same, but its constructor imports the compiler
(torch._dynamo), which takes longer than everything else that a run does before its first step.

Source: Kingma and Ba, Adam: A Method for Stochastic Optimization (2015).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam

_MOMENTS = ("exp_avg", "exp_avg_sq")


class Adam(torch.optim.Optimizer):
    """The default optimizer: steps of about the learning rate, however large or small the gradients are.

    Args:
        params: groups of tensors, each with `params` and perhaps `lr`.
        lr: learning rate of groups without one; a tensor where captured steps read it.
        betas: how much of the mean of gradients, and of their squares, a step keeps.
        eps: added to the root of the squares.
        fused: update all tensors in one operation.
        capturable: count steps on the device, where a CUDA graph can hold it.
    """

    def __init__(
        self,
        params: Iterable[Mapping[str, Any]],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        fused: bool = False,
        capturable: bool = False,
    ) -> None:
        # The constructor of the base class, and whatever else of it imports the compiler, is left aside.
        self.defaults = {"lr": lr, "betas": betas, "eps": eps, "fused": fused, "capturable": capturable}
        self.param_groups = [{**self.defaults, **group, "params": list(group["params"])} for group in params]
        self.state: defaultdict[Tensor, Any] = defaultdict(dict)

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
                adam(
                    tensors,
                    [tensor.grad for tensor in tensors],
                    [state["exp_avg"] for state in states],
                    [state["exp_avg_sq"] for state in states],
                    [],
                    [state["step"] for state in states],
                    fused=group["fused"] or None,
                    capturable=group["capturable"],
                    has_complex=any(tensor.is_complex() for tensor in tensors),
                    amsgrad=False,
                    beta1=group["betas"][0],
                    beta2=group["betas"][1],
                    lr=group["lr"],
                    weight_decay=0.0,
                    eps=group["eps"],
                    maximize=False,
                )
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
            state.update({name: torch.zeros_like(tensor, memory_format=torch.preserve_format) for name in _MOMENTS})
        return state

    def _take_over(self, tensor: Tensor, group: Mapping[str, Any], saved: Mapping[str, Tensor]) -> None:
        state = self._state_of(tensor, group)
        state["step"] = torch.as_tensor(saved["step"], dtype=torch.float32).to(self._place_of_count(tensor, group))
        for name in _MOMENTS:
            if saved[name].shape != tensor.shape:
                raise ValueError("the saved state of the optimizer belongs to tensors of other shapes")
            state[name].copy_(saved[name])

    def _place_of_count(self, tensor: Tensor, group: Mapping[str, Any]) -> torch.device | str:
        return tensor.device if group["fused"] or group["capturable"] else "cpu"
