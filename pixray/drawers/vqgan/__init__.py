"""VQGAN: published checkpoints of taming-transformers, read safely and decoded fast."""
