"""Pen strokes: a differentiable renderer in plain PyTorch, and SVG files out and in."""
