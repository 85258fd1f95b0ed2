"""How parameters change: optimizers, searches, learning rates."""
