"""Perceptors: frozen encoders that compare pictures with words."""
