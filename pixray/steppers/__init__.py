"""Steppers: how the parameters of a drawer change."""
