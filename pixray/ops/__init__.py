"""Tensor functions with gradients of their own."""
