"""The version of this package, for records, caches and the user agent."""

__version__ = "2.0.0"
