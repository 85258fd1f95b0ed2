"""Remote services as drawers."""
