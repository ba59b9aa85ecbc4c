"""Scores of saved states, in one file beside them: a state can be scored after it was saved, too.

Orbax keeps metrics inside a checkpoint, which is never written again. But a state that a signal interrupts while it is
being scored is saved at once, and gets its scores when the run goes on.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from etils import epath
from pydantic import model_validator

from dcgan_jax.runtime import processes
from dcgan_jax.storage.record import Record

SCORE = "fid"
"""The score that the best state is chosen by: the smaller the better."""

PROTOCOL = "protocol"
"""Beside the scores, what they were measured under: scores of other protocols are not compared."""

Scores = dict[str, Any]


class ScoreFile(Record):
    """scores.json.

    Attributes:
      scores: of each step.
      sha256: of the scores: one changed digit would choose another state.
    """

    scores: dict[int, Scores]
    sha256: str

    @classmethod
    def upgrade(cls, values: dict[str, Any], version: int) -> dict[str, Any]:
        """Takes the file as it was before versions were counted: the scores alone."""
        if version > 0:
            return values
        scores = {step: of_step for step, of_step in values.items() if step != "schema_version"}
        return {"scores": scores, "sha256": compute_sha256(scores)}

    @model_validator(mode="after")
    def _scores_are_those_written(self) -> "ScoreFile":
        if compute_sha256(self.scores) != self.sha256:
            raise ValueError("its scores are not those that were written")
        return self


def compute_sha256(scores: Mapping[Any, Scores]) -> str:
    """Returns a digest of the scores of some steps."""
    text = json.dumps({str(step): of_step for step, of_step in scores.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class ScoreTable:
    """Scores by step, in `scores.json`; what the first process writes, every process holds.

    Attributes:
      protocol: what scores are measured under from now on; at first that of the latest scored step.
    """

    def __init__(self, directory: epath.Path):
        """Reads the file, if there is one; raises UserError when it is damaged."""
        self._path = directory / "scores.json"
        self._scores: dict[int, Scores] = {}
        if self._path.exists():
            remedy = "remove it; the states stay, and which was the best is forgotten"
            self._scores = ScoreFile.read(self._path, remedy).scores
        self.protocol = self._scores[max(self._scores)].get(PROTOCOL) if self._scores else None

    def scores(self, step: int) -> Scores:
        """Returns the scores of a step, or nothing."""
        return self._scores.get(step, {})

    def record(self, step: int, scores: Scores) -> None:
        """Adds the scores of a step, measured under the protocol in use, and writes the file."""
        self._scores[step] = {**scores, PROTOCOL: self.protocol}
        if processes.is_first():
            file = ScoreFile(scores=self._scores, sha256=compute_sha256(self._scores))
            if "://" in str(self._path):  # an object store, where a file is whole or not at all
                self._path.write_text(file.model_dump_json(indent=1) + "\n")
            else:
                file.write(Path(self._path))

    def best_of(self, steps: Sequence[int]) -> int | None:
        """Returns which of some steps has the best score under the protocol in use, or None where none has one."""
        ranks = {step: self._rank(self.scores(step)) for step in steps}
        finite = {step: rank for step, rank in ranks.items() if math.isfinite(rank)}
        return min(finite, key=finite.__getitem__, default=None)

    def _rank(self, scores: Scores) -> float:
        is_comparable = SCORE in scores and scores.get(PROTOCOL) == self.protocol
        return scores[SCORE] if is_comparable else math.inf
