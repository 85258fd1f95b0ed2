"""Trains the embedded guide for sketches in ink."""
