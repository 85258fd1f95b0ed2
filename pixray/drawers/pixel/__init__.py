"""Pixel grids."""
