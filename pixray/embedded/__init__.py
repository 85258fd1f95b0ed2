"""The small models inside the package: weights and configurations as data."""
