"""What is said of every field, made from its declaration: the page docs/fields.md and the end of `--help`."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo

from dcgan_jax.settings.section import Section, resolve_path, resolve_place
from dcgan_jax.settings.settings import Settings

PAGE = """\
# Fields

Every field of a configuration, with its default. A configuration overrides a few (`config.train.steps = 100`), and a
command line any (`--config.train.steps=100`). This page is made from dcgan_jax/settings/ by `python docs/generate.py`.

"""
TABLE_HEAD = ("| Field | Values | Default | Unit | What it does |", "|---|---|---|---|---|")

_KINDS = {bool: "true, false", int: "whole number", float: "number", str: "text"}


class FieldReference(NamedTuple):
    """A field as a reader needs it.

    Attributes:
      name: dotted.
      values: its type, choices or range.
      default: as it is written on a command line; empty for an empty text or list.
      unit: or nothing.
      sentence: what it does.
    """

    name: str
    values: str
    default: str
    unit: str
    sentence: str


def list_fields() -> Iterator[tuple[str, str, list[FieldReference]]]:
    """Yields each section's name, what it is for, and its fields; first, without a name, those of no section."""
    sections = Settings.sections()
    own = {name: field for name, field in Settings.model_fields.items() if name not in sections}
    yield "", "Of the whole run.", [_describe(name, field) for name, field in own.items()]
    for name, section in sections.items():
        fields = [_describe(f"{name}.{inner}", field) for inner, field in section.model_fields.items()]
        yield name, _purpose(section), fields


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


def _purpose(section: type[Section]) -> str:
    return (section.__doc__ or "").strip()


def _describe(name: str, field: FieldInfo) -> FieldReference:
    default = field.default
    shown = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
    unit = next((mark.unit for mark in field.metadata if isinstance(mark, annotated_types.Unit)), "")
    sentence = " ".join((field.description or "").split())
    return FieldReference(name, _values(field.annotation, field.metadata), shown, unit, sentence)


def _values(kind: Any, marks: list[Any]) -> str:
    """Returns what a field may hold, in words."""
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    if get_origin(kind) is tuple:
        return f"list of {_values(*_take_apart(get_args(kind)[0]))}"
    if any(getattr(mark, "func", None) in (resolve_path, resolve_place) for mark in marks):
        return "path"
    return " ".join([_KINDS[kind], *_range(marks)])


def _take_apart(kind: Any) -> tuple[Any, list[Any]]:
    field = FieldInfo.from_annotation(kind)
    return field.annotation, field.metadata


def _range(marks: list[Any]) -> list[str]:
    bounds = {
        annotated_types.Ge: lambda mark: f">= {mark.ge}",
        annotated_types.Gt: lambda mark: f"> {mark.gt}",
        annotated_types.Le: lambda mark: f"<= {mark.le}",
        annotated_types.Lt: lambda mark: f"< {mark.lt}",
        annotated_types.MultipleOf: lambda mark: f"a multiple of {mark.multiple_of}",
    }
    said = [bounds[type(mark)](mark) for mark in marks if type(mark) in bounds]
    return [", ".join(said)] if said else []
