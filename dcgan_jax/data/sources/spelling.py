"""Names of classes and findings as data have them, however a user writes them."""

from collections.abc import Collection


def find_spelling(name: str, names: Collection[str]) -> str:
    """Returns the one of the names that is meant: the same, or the only one that differs in upper and lower case.

    Where there is none, or several are as near, it is the name as given.
    """
    alike = [other for other in names if other.lower() == name.lower()]
    return alike[0] if len(alike) == 1 and name not in names else name
