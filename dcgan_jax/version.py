"""The version of this package, which a record says of itself, and those of the packages that it is computed by."""

__version__ = "0.2.0"


def collect_versions(*packages: str) -> dict[str, str]:
    """Returns the versions of installed packages by their names."""
    from importlib.metadata import version  # not above: signals are heard once this module is imported

    return {name: version(name) for name in packages}
