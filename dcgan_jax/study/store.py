"""What readers are shown and what they answered, to which answers are only ever added.

Each answer is hashed with the one before it, the first with the plan, so that a changed one, or one missing among the
others, shows.
"""

import datetime
import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from dcgan_jax.errors import FileError
from dcgan_jax.study.codes import name_reader
from dcgan_jax.study.database import SCHEMA, Database
from dcgan_jax.study.schedule import Step

Outcome = Literal["saved", "answered before", "not yet", "unknown"]


class Place(NamedTuple):
    """Where a reader is."""

    step: Step | None  # what comes next; None at the end
    number: int  # its place among the steps of its kind, from 1
    of: int  # how many of its kind there are


class Progress(NamedTuple):
    """How far a reader is, without a word of what they answered."""

    reader: int
    answered: int
    steps: int
    last: str | None


class Answered(NamedTuple):
    """One answer, and the step that it is to."""

    reader: int
    position: int
    step: Step
    answer: Mapping[str, Any]
    at: str


class Store:
    """The steps and answers of an open study; any thread may use it.

    Attributes:
      plan_sha256: of study.json.
      steps: of each reader, by their number.
    """

    def __init__(self, database: Database):
        """Reads who is shown what; raises UserError if the file is damaged."""
        self._database = database
        self.steps: dict[int, list[Step]] = {}
        self._places: dict[str, tuple[int, int]] = {}
        try:
            ((self.plan_sha256,),) = database.rows("SELECT sha256 FROM plan")
            for row in database.rows("SELECT * FROM steps ORDER BY reader, position"):
                reader, position, item, kind, images, repeat_of = row
                self.steps.setdefault(reader, []).append(Step(item, kind, tuple(json.loads(images)), repeat_of))
                self._places[item] = reader, position
        except (sqlite3.DatabaseError, TypeError, ValueError) as error:
            raise database.damaged(str(error)) from None

    def place(self, reader: int) -> Place:
        """Returns what comes next for a reader."""
        ((position,),) = self._database.rows(_COUNT, [reader])
        steps = self.steps[reader]
        if position == len(steps):
            return Place(None, 0, 0)
        step = steps[position]
        of_kind = [index for index, other in enumerate(steps) if other.kind == step.kind]
        return Place(step, of_kind.index(position) + 1, len(of_kind))

    def find(self, reader: int, item: str) -> Step | None:
        """Returns a step by its name, None where the reader has none of that name."""
        owner, position = self._places.get(item, (None, 0))
        return self.steps[reader][position] if owner == reader else None

    def add(self, reader: int, item: str, answer: Mapping[str, Any]) -> Outcome:
        """Adds an answer where it is the reader's turn to give it; what was answered before stays as it is.

        When it returns "saved" the answer is on the disk.
        """
        owner, position = self._places.get(item, (None, 0))
        if owner != reader:
            return "unknown"
        text = json.dumps(answer, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        with self._database.transaction() as connection:
            (turn,) = connection.execute(_COUNT, [reader]).fetchone()
            if position == turn:
                self._append(connection, reader, position, text)
        if position == turn:
            return "saved"
        return "answered before" if position < turn else "not yet"

    def progress(self) -> list[Progress]:
        """Returns how far each reader is."""
        rows = self._database.rows("SELECT reader, COUNT(*), MAX(at) FROM answers GROUP BY reader")
        counted = {reader: (count, last) for reader, count, last in rows}
        return [
            Progress(reader, counted.get(reader, (0, None))[0], len(steps), counted.get(reader, (0, None))[1])
            for reader, steps in self.steps.items()
        ]

    def is_complete(self) -> bool:
        """Returns whether every reader has answered everything."""
        return all(each.answered == each.steps for each in self.progress())

    def read(self) -> list[Answered]:
        """Returns all answers in the order in which they came.

        Raises:
          UserError: one was changed, removed or added behind the program's back.
        """
        previous, answers = self.plan_sha256, []
        for number, row in enumerate(self._database.rows("SELECT * FROM answers ORDER BY sequence"), 1):
            sequence, reader, position, text, at, before, digest = row
            if sequence != number or before != previous or digest != _hash(previous, reader, position, text, at):
                raise FileError(
                    self._database.path,
                    f"holds an answer {number} ({name_reader(reader)}, step {position}) that is not as it was given: "
                    "restore the file from a copy of the study's folder.",
                )
            answers.append(Answered(reader, position, self.steps[reader][position], json.loads(text), at))
            previous = digest
        return answers

    def _append(self, connection: sqlite3.Connection, reader: int, position: int, text: str) -> None:
        last = connection.execute("SELECT sequence, hash FROM answers ORDER BY sequence DESC LIMIT 1").fetchone()
        sequence, previous = last or (0, self.plan_sha256)
        at = datetime.datetime.now(datetime.UTC).isoformat("T", "milliseconds")
        digest = _hash(previous, reader, position, text, at)
        row = [sequence + 1, reader, position, text, at, previous, digest]
        connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def create_store(
    path: Path, plan_sha256: str, steps: Mapping[int, Sequence[Step]], code_hashes: Mapping[int, str]
) -> None:
    """Writes the file of a study without answers: who is shown what, and who may come in."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(f"PRAGMA journal_mode=WAL; BEGIN; {SCHEMA}")
    connection.execute("INSERT INTO plan VALUES (?)", [plan_sha256])
    connection.executemany("INSERT INTO codes VALUES (?, ?)", code_hashes.items())
    for reader, of_reader in steps.items():
        connection.executemany(
            "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?)",
            (
                [reader, position, step.item, step.kind, json.dumps(step.images), step.repeat_of]
                for position, step in enumerate(of_reader)
            ),
        )
    connection.execute("COMMIT")
    connection.close()


_COUNT = "SELECT COUNT(*) FROM answers WHERE reader = ?"


def _hash(previous: str, reader: int, position: int, text: str, at: str) -> str:
    return hashlib.sha256(json.dumps([previous, reader, position, text, at]).encode()).hexdigest()
