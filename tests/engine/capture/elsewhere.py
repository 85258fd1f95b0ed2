"""The same session on a device without numbers: the code that GPUs take, and nothing of it may be on the host."""

import copy
import gc

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

DEVICE = "meta"


def emptied(tensor):
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=DEVICE).requires_grad_(
        tensor.requires_grad
    )


class _Emptying(TorchFunctionMode):
    """Copies of tensors are tensors elsewhere."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is not Tensor.__deepcopy__:
            return func(*args, **(kwargs or {}))
        tensor, memo = args
        if id(tensor) not in memo:
            with torch._C.DisableTorchFunction():
                memo[id(tensor)] = emptied(tensor)
        return memo[id(tensor)]


class OnlyThere(TorchDispatchMode):
    """Refuses every operation that sees or makes a tensor of the host."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for one in tree_flatten((args, kwargs, result))[0]:
            if isinstance(one, Tensor):
                assert one.device.type == DEVICE, f"{func} works with {tuple(one.shape)} on the {one.device}"
        return result


def step_elsewhere(session):
    """Take a step of the session there; which losses it has."""
    randomness = session.draw_randomness()
    memo = {id(one): one for one in session.generators._made.values()}
    memo.update({id(one): emptied(one) for one in gc.get_objects() if isinstance(one, nn.Parameter)})
    with _Emptying():
        moved, randomness = copy.deepcopy((session, randomness), memo)
    # PyTorch's fused Adam is the one operation that is not made for this device.
    moved.optimizer.torch_optimizer.step = lambda: None
    with OnlyThere():
        canvas = moved.executor.render(moved, randomness)
        losses = moved.executor.step(moved, canvas, randomness)
    assert canvas.device.type == losses.column.device.type == DEVICE
    for tensor in moved.drawer.parameters()[0].tensors:
        assert tensor.grad is not None and tensor.grad.device.type == DEVICE
    return losses.names
