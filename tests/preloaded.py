"""What processes of `tests.processes` have loaded when they begin, in memory that they share until they write to it."""

import gc

gc.disable()

import torch  # noqa: E402, F401
import torchvision  # noqa: E402, F401

gc.freeze()
gc.enable()
