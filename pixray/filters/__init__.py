"""Filters: image transforms applied before the perceptors."""
