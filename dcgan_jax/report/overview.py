"""What was run, and how it was set: commands, data, duration, hardware, fields that differ from their defaults."""

import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any, NamedTuple

from dcgan_jax.report.numbers import show_seconds
from dcgan_jax.report.records import Records
from dcgan_jax.runs.starts import Start
from dcgan_jax.settings import Settings
from dcgan_jax.settings.reference import list_fields

HIDDEN = "..."
"""Stands for a path on a page that is passed on."""


class Fact(NamedTuple):
    """One thing that a reader should know of a run."""

    name: str
    value: str


class Command(NamedTuple):
    """A command that was given, word by word, and when."""

    words: tuple[str, ...]
    when: str


class Field(NamedTuple):
    """A field that differs from its default."""

    name: str
    value: str
    default: str
    sentence: str


def list_commands(records: Records, is_shared: bool) -> tuple[Command, ...]:
    """Returns the commands in their order, each once; of a page that is passed on, without the folders in them."""
    paths = _list_paths()
    times: dict[tuple[str, ...], list[Start]] = {}
    for start in records.starts:
        times.setdefault(start.arguments, []).append(start)
    return tuple(
        Command(
            ("dcgan-jax", *(shlex.quote(_shorten_argument(one, paths) if is_shared else one) for one in arguments)),
            _show_starts(starts),
        )
        for arguments, starts in times.items()
    )


def list_facts(records: Records) -> Iterator[Fact]:
    """Yields data, steps, duration and hardware of the training; what is not known is left out."""
    settings, summary, classes = records.settings, records.summary, records.classes
    if classes:
        counts = [f"{each.images:,} {each.label} of {each.patients:,} patients" for each in classes]
        yield Fact("Training images", "; ".join(counts))
    if settings and classes:
        held_out = _held_out(records)
        yield Fact("Held-out images", f"{held_out:,}" if held_out is not None else "not counted: no scores yet")
    if settings:
        channels = "gray" if settings.model.channels == 1 else "color"
        yield Fact("Image size", f"{settings.data.image_size}x{settings.data.image_size} pixels, {channels}")
        total = f" of {records.total_steps:,}" if records.total_steps else ""
        yield Fact("Training steps", f"{records.step:,}{total}, {settings.train.batch_size} images each")
    if summary:
        pace = f", {summary.images_per_second:,.0f} images a second" if summary.images_per_second else ""
        yield Fact("Duration", f"{show_seconds(summary.seconds)}, of the last start that trained{pace}")
    for name, value in {"Hardware": _hardware(records), "Software": _software(records)}.items():
        if value:
            yield Fact(name, value)
    if summary:
        yield Fact("Final state", f"sha256 {summary.state_sha256}")


def list_differences(settings: Settings | None, is_shared: bool) -> tuple[Field, ...]:
    """Returns the fields that differ from their defaults; of a page that is passed on, without paths."""
    if settings is None:
        return ()
    paths = _list_paths()
    sentences = {field.name: field.sentence.replace("`", "") for _, _, fields in list_fields() for field in fields}
    changed = Settings().differences(settings)
    return tuple(
        Field(name, HIDDEN if is_shared and name in paths else _show(value), _show(default), sentences.get(name, ""))
        for name, (default, value) in changed.items()
    )


def _held_out(records: Records) -> int | None:
    if not records.evaluations:
        return None
    record = [*records.evaluations.values()][-1]
    return sum(of_class.num_held_out for of_class in record.by_class.values())


def _hardware(records: Records) -> str:
    of_training = tuple(start for start in records.starts if start.mode == "train")
    start = next(reversed(of_training or records.starts), None)
    devices = records.summary.devices if records.summary else list(start.devices) if start else []
    counted = ", ".join(f"{devices.count(kind)} {kind}" for kind in dict.fromkeys(devices))
    machine = f"{start.system}, {start.cpus} CPU cores" if start else ""
    return "; ".join(filter(None, [counted, machine]))


def _software(records: Records) -> str:
    versions = {"dcgan_jax": records.starts[-1].version, "Python": records.starts[-1].python} if records.starts else {}
    versions |= records.summary.versions if records.summary else {}
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _show(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_show, value)) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) if value != "" else "empty"


def _show_starts(starts: Sequence[Start]) -> str:
    again = len(starts) - 1
    return _show_time(starts[0].time) + (f", again {again} time{'s'[: again != 1]}" if again else "")


def _show_time(time: str) -> str:
    return f"{datetime.fromisoformat(time):%Y-%m-%d %H:%M} UTC"


def _shorten(value: str) -> str:
    return PurePath(value).name if PurePath(value).is_absolute() else value


def _shorten_argument(argument: str, paths: frozenset[str]) -> str:
    name, equals, value = argument.partition("=")
    if name.lstrip("-").removeprefix("config.") in paths | {"workdir"}:
        return f"{name}={HIDDEN}" if equals else name
    return f"{name}={','.join(map(_shorten, value.split(',')))}" if equals else _shorten(argument)


def _list_paths() -> frozenset[str]:
    """Returns the fields that hold paths: also of a folder the mere name may tell whose patients it holds."""
    return frozenset(field.name for _, _, fields in list_fields() for field in fields if field.is_path)
