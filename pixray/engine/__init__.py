"""The optimization loop and what builds it."""
