"""Filters: what stands between the drawer and every eye."""
