"""What is said of every field, made from its declaration: the page docs/fields.md and the end of `--help`."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, get_args, get_origin

from annotated_types import Unit
from pydantic.fields import FieldInfo

from dcgan_jax.settings.section import resolve_path, resolve_place
from dcgan_jax.settings.settings import Settings

PAGE = """\
# Fields

Every field of a configuration, with its default. A configuration overrides a few (`config.train.steps = 100`), and a
command line any (`--config.train.steps=100`). This page is made from dcgan_jax/settings/ by `python docs/generate.py`.

"""
TABLE_HEAD = ("| Field | Values | Default | Unit | What it does |", "|---|---|---|---|---|")

_KINDS = {bool: "true, false", int: "whole number", float: "number", str: "text"}
_BOUNDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "multiple_of": "a multiple of"}


class FieldReference(NamedTuple):
    """A field as a reader needs it: by its dotted name, the default as it is written on a command line.

    `is_path` says whether it holds a path, or several.
    """

    name: str
    values: str
    default: str
    unit: str
    sentence: str
    is_path: bool


def list_fields() -> Iterator[tuple[str, str, list[FieldReference]]]:
    """Yields each section's name, what it is for, and its fields; first, without a name, those of no section."""
    sections = Settings.sections()
    own = [_describe(name, field) for name, field in Settings.model_fields.items() if name not in sections]
    yield "", "Of the whole run.", own
    for name, section in sections.items():
        fields = [_describe(f"{name}.{inner}", field) for inner, field in section.model_fields.items()]
        yield name, (section.__doc__ or "").strip(), fields


def format_page() -> str:
    """Returns docs/fields.md: a table for each section."""
    parts = [PAGE.rstrip("\n")]
    for name, purpose, fields in list_fields():
        rows = [
            f"| `{field.name}` | {field.values} | {f'`{field.default}`' if field.default else ''} | {field.unit} | "
            f"{field.sentence} |"
            for field in fields
        ]
        heading = [f"## {name}", "", purpose, ""] if name else []
        parts.append("\n".join([*heading, *TABLE_HEAD, *rows]))
    return "\n\n".join(parts) + "\n"


def format_help() -> str:
    """Returns the fields as `--help` shows them: two lines each, the sentence below what it may be."""
    lines = []
    for name, purpose, fields in list_fields():
        lines += ["", f"config.{name}: {purpose}"] if name else []
        for field in fields:
            unit = f", {field.unit}" if field.unit else ""
            lines += [f"  --config.{field.name}={field.default}  ({field.values}{unit})", f"      {field.sentence}"]
    return "\n".join(lines).replace("`", "") + "\n"


def _describe(name: str, field: FieldInfo) -> FieldReference:
    shown = ",".join(map(str, field.default)) if isinstance(field.default, tuple) else str(field.default)
    unit = next((mark.unit for mark in field.metadata if isinstance(mark, Unit)), "")
    sentence = " ".join((field.description or "").split())
    values, is_path = _values(field.annotation, field.metadata), _is_path(field.annotation, field.metadata)
    return FieldReference(name, values, shown, unit, sentence, is_path)


def _is_path(kind: Any, marks: list[Any]) -> bool:
    """Returns whether a field holds a path, or several."""
    if get_origin(kind) is tuple:
        item = FieldInfo.from_annotation(get_args(kind)[0])
        return _is_path(item.annotation, item.metadata)
    return any(getattr(mark, "func", None) in (resolve_path, resolve_place) for mark in marks)


def _values(kind: Any, marks: list[Any]) -> str:
    """Returns what a field may hold, in words."""
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    if get_origin(kind) is tuple:
        item = FieldInfo.from_annotation(get_args(kind)[0])
        return f"list of {_values(item.annotation, item.metadata)}"
    if _is_path(kind, marks):
        return "path"
    bounds = [
        f"{sign} {getattr(mark, name)}" for mark in marks for name, sign in _BOUNDS.items() if hasattr(mark, name)
    ]
    return f"{_KINDS[kind]} {', '.join(bounds)}".strip()
