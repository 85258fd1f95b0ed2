"""Cutouts: where perceptors look."""
