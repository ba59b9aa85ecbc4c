"""Answers and key -> tables: who said what of which case, and what was true."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64

from dcgan_jax.study.plan import Key, Plan
from dcgan_jax.study.store import Answered


@dataclass(frozen=True)
class Collected:
    """The told phase: first answers of each reader to each case, and the answers to those that came back.

    A case is an image, or a pair. What is True is that the image is generated or, of a pair, that the left one is.
    """

    readers: tuple[int, ...]
    cases: tuple[tuple[int, ...], ...]  # the images of each
    truth: Bool[np.ndarray, " case"]  # of each case
    # Signed confidence, positive where the reader said True; nan where not read.
    ratings: Float64[np.ndarray, "reader case"]
    seconds: Float64[np.ndarray, "reader case"]  # looked at; nan where not read
    places: Float64[np.ndarray, "reader case"]  # of a case in the reader's order, from 0 to 1; nan where not read
    repeats: tuple[tuple[tuple[float, float], ...], ...]  # of each reader, both signed confidences of what came twice

    @property
    def is_read(self) -> Bool[np.ndarray, "reader case"]:
        """Whether a reader has answered to a case."""
        return ~np.isnan(self.ratings)

    @property
    def said(self) -> Bool[np.ndarray, "reader case"]:
        """Whether a reader said True; False where not read."""
        return self.ratings > 0

    @property
    def correct(self) -> Bool[np.ndarray, "reader case"]:
        """Whether a reader was right; False where not read."""
        return self.is_read & (self.said == self.truth)

    def read_by_all(self) -> "Collected":
        """Returns the cases that every reader has read: what can be analyzed together. Repeats stay as they are."""
        common = self.is_read.all(axis=0)
        return replace(
            self,
            cases=tuple(self.cases[case] for case in np.flatnonzero(common)),
            truth=self.truth[common],
            ratings=self.ratings[:, common],
            seconds=self.seconds[:, common],
            places=self.places[:, common],
        )


def collect(answers: Sequence[Answered], plan: Plan, key: Key) -> Collected:
    """Returns the told phase of a study; readers without an answer in it are left out."""
    judged = [each for each in answers if each.step.kind == "image"]
    readers = sorted({each.reader for each in judged})
    cases = sorted({each.step.images for each in judged})
    rows, columns = ({value: place for place, value in enumerate(values)} for values in (readers, cases))
    shape = len(readers), len(cases)
    ratings, seconds, places = (np.full(shape, np.nan) for _ in range(3))
    repeats: list[list[tuple[float, float]]] = [[] for _ in readers]
    for each in judged:  # in the order in which they came, so that the first one is there when its repeat comes
        place = rows[each.reader], columns[each.step.images]
        rating = sign(each.answer["choice"]) * each.answer["confidence"]
        if each.step.repeat_of is not None:
            repeats[place[0]].append((float(ratings[place]), rating))
            continue
        ratings[place], seconds[place] = rating, each.answer["milliseconds"] / 1000
        places[place] = each.position
    truth = np.array([key.rows[images[0]].kind == "generated" for images in cases], bool)
    scaled = _scale(places, plan)
    return Collected(tuple(readers), tuple(cases), truth, ratings, seconds, scaled, tuple(map(tuple, repeats)))


def sign(choice: str) -> int:
    """Returns 1 for what says that an image is generated, or the left one is; -1 for the contrary."""
    return 1 if choice in ("generated", "right") else -1  # of a pair, the real one is pointed at


def _scale(places: Float64[np.ndarray, "reader case"], plan: Plan) -> Float64[np.ndarray, "reader case"]:
    first = plan.naive + (3 if plan.naive else 2)  # after consent, naive phase with its remark, and instructions
    last = first + round(plan.images * (1 + plan.repeats)) - 1
    return (places - first) / max(last - first, 1)
