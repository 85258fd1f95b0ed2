"""Weights: where model files are found, fetched and verified."""
