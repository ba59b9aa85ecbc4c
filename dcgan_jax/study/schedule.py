"""What each reader is shown, in an order of their own, under names that say nothing."""

import secrets
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

StepKind = Literal["consent", "naive", "remark", "instructions", "image"]


class Task(NamedTuple):
    """What is asked about: one image, or two side by side."""

    images: tuple[int, ...]  # their numbers; of a pair, left and right
    stratum: str  # of its kind, so that repeats are drawn of each kind alike


class Step(NamedTuple):
    """One thing that a reader does."""

    item: str  # its name in addresses; no two readers or steps have the same
    kind: StepKind
    images: tuple[int, ...] = ()  # numbers of what is shown
    repeat_of: int | None = None  # position of the step that showed the same before; None for the first time


def plan_steps(
    naive: Sequence[Task], tasks: Sequence[Task], repeats: float, rng: np.random.Generator
) -> tuple[Step, ...]:
    """Returns the steps of one reader: consent, the naive images and what was noticed, instructions, all images.

    The naive ones are shown before a word is said of generated images; there may be none. Of the other tasks a share
    comes twice, of each stratum alike.
    """
    order = [tasks[index] for index in rng.permutation(len(tasks))]
    steps = [_step("consent")]
    if naive:
        steps += [_step("naive", naive[index].images) for index in rng.permutation(len(naive))]
        steps.append(_step("remark"))
    steps.append(_step("instructions"))
    first: dict[tuple[int, ...], int] = {}
    for task in _insert_repeats(order, repeats, rng):
        earlier = first.setdefault(task.images, len(steps))
        steps.append(_step("image", task.images, earlier if earlier < len(steps) else None))
    return tuple(steps)


def _insert_repeats(order: list[Task], share: float, rng: np.random.Generator) -> list[Task]:
    """Returns the order with some tasks of its first half again, at least a quarter of it later."""
    count, gap = len(order), len(order) // 4
    half = [int(index) for index in rng.permutation((count + 1) // 2)]
    wanted, strata = round(share * count), sorted({task.stratum for task in order})
    repeated: list[int] = []
    for number, stratum in enumerate(strata):
        own = [index for index in half if order[index].stratum == stratum]
        repeated += own[: wanted * (number + 1) // len(strata) - wanted * number // len(strata)]
    repeated += [index for index in half if index not in repeated][: wanted - len(repeated)]
    places = {index: int(rng.integers(index + gap + 1, count + 1)) for index in repeated}
    sequence: list[Task] = []
    for index in range(count + 1):
        due = [order[earlier] for earlier, place in places.items() if place == index]
        sequence += [due[position] for position in rng.permutation(len(due))]
        sequence += [order[index]] if index < count else []
    return sequence


def _step(kind: StepKind, images: tuple[int, ...] = (), repeat_of: int | None = None) -> Step:
    return Step(secrets.token_urlsafe(12), kind, images, repeat_of)
