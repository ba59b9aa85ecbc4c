"""Scores of saved states, in one file beside them: a state can be scored after it was saved, too.

Orbax keeps metrics inside a checkpoint, which is never written again. But a state that a signal interrupts while it is
being scored is saved at once, and gets its scores when the run goes on.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from etils import epath

from dcgan_jax.errors import UserError
from dcgan_jax.runtime import processes
from dcgan_jax.storage import atomic_file

SCORE = "fid"
"""The score that the best state is chosen by: the smaller the better."""

PROTOCOL = "protocol"
"""Beside the scores, what they were measured under: scores of other protocols are not compared."""

Scores = dict[str, Any]


class ScoreTable:
    """Scores by step, in `scores.json`; what the first process writes, every process holds.

    Attributes:
      protocol: what scores are measured under from now on; at first that of the latest scored step.
    """

    def __init__(self, directory: epath.Path):
        """Reads the file, if there is one; raises UserError when it is damaged."""
        self._path = directory / "scores.json"
        self._scores: dict[int, Scores] = {}
        try:
            if self._path.exists():
                self._scores = {int(step): dict(scores) for step, scores in json.loads(self._path.read_text()).items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise UserError(
                f"{self._path} is damaged ({error}): remove it; the states stay, and which was the best is forgotten."
            ) from None
        self.protocol = self._scores[max(self._scores)].get(PROTOCOL) if self._scores else None

    def scores(self, step: int) -> Scores:
        """Returns the scores of a step, or nothing."""
        return self._scores.get(step, {})

    def record(self, step: int, scores: Scores) -> None:
        """Adds the scores of a step, measured under the protocol in use, and writes the file."""
        self._scores[step] = {**scores, PROTOCOL: self.protocol}
        if processes.is_first():
            text = json.dumps(self._scores, indent=1) + "\n"
            if "://" in str(self._path):  # an object store, where a file is whole or not at all
                self._path.write_text(text)
            else:
                atomic_file.write_text(Path(self._path), text)

    def best_of(self, steps: Sequence[int]) -> int | None:
        """Returns which of some steps has the best score under the protocol in use, or None where none has one."""
        ranks = {step: self._rank(self.scores(step)) for step in steps}
        finite = {step: rank for step, rank in ranks.items() if math.isfinite(rank)}
        return min(finite, key=finite.__getitem__, default=None)

    def _rank(self, scores: Scores) -> float:
        is_comparable = SCORE in scores and scores.get(PROTOCOL) == self.protocol
        return scores[SCORE] if is_comparable else math.inf
