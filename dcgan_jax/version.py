"""The version of this package, which a record says of itself."""

__version__ = "0.2.0"
