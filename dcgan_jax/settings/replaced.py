"""Fields that are no more, and what replaced them: older runs still have them in their config.json."""

from typing import Any

REPLACED: dict[str, str] = {}
"""Dotted name of a field that has gone -> the one that took its place and takes its value, or "" for none."""


def take_over(values: dict[str, Any]) -> dict[str, Any]:
    """Returns the values of an older run by the names of today."""
    taken = {name: dict(value) if isinstance(value, dict) else value for name, value in values.items()}
    for old, new in REPLACED.items():
        section, _, field = old.rpartition(".")
        holder = taken.get(section)
        if isinstance(holder, dict) and field in holder:
            value = holder.pop(field)
            section, _, field = new.rpartition(".")
            if new:
                taken.setdefault(section, {})[field] = value
    return taken


def describe_replacement(name: str) -> str | None:
    """Returns what is to be said of a field that has gone, after its name; None where there was none."""
    if name not in REPLACED:
        return None
    return f"is config.{REPLACED[name]} now." if REPLACED[name] else "is no field any more: leave it out."
