"""Settings: how they are written, checked, layered, saved and explained."""
