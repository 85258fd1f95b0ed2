"""Drawers: each turns its own kind of parameters into a picture."""
