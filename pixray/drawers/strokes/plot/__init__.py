"""Drawings for pen plotters: areas become hatching, hidden lines go, and each pen travels little."""
