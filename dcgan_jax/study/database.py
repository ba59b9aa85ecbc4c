"""The file answers.sqlite: one connection that all threads share, each commit on the disk before it returns."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dcgan_jax.errors import FileError, UserError

FILE = "answers.sqlite"

SCHEMA = """
CREATE TABLE plan (sha256 TEXT NOT NULL);
CREATE TABLE codes (reader INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE);
CREATE TABLE sessions (token_hash TEXT PRIMARY KEY, reader INTEGER NOT NULL, started TEXT NOT NULL);
CREATE TABLE steps (
    reader INTEGER NOT NULL, position INTEGER NOT NULL, item TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    images TEXT NOT NULL, repeat_of INTEGER, PRIMARY KEY (reader, position)
) WITHOUT ROWID;
CREATE TABLE answers (
    sequence INTEGER PRIMARY KEY, reader INTEGER NOT NULL, position INTEGER NOT NULL, answer TEXT NOT NULL,
    at TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL, UNIQUE (reader, position)
);
CREATE TRIGGER answers_stay BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'answers are never changed'); END;
CREATE TRIGGER answers_remain BEFORE DELETE ON answers BEGIN SELECT RAISE(ABORT, 'answers are never removed'); END;
CREATE TRIGGER steps_stay BEFORE UPDATE ON steps BEGIN SELECT RAISE(ABORT, 'steps are never changed'); END;
CREATE TRIGGER steps_remain BEFORE DELETE ON steps BEGIN SELECT RAISE(ABORT, 'steps are never removed'); END;
"""


class Database:
    """An open study file."""

    def __init__(self, path: Path):
        """Opens the file; raises UserError if there is none, or it is damaged."""
        self.path = path
        if not path.is_file():
            raise FileError(path, "does not exist: restore it from a copy of the study's folder.")
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self.rows("SELECT sha256 FROM plan")
        except sqlite3.DatabaseError as error:
            raise self.damaged(str(error)) from None

    def damaged(self, what: str) -> UserError:
        """Returns the sentence for a file that is not as it was written."""
        return FileError(self.path, f"is damaged ({what}): restore it from a copy of the study's folder.")

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Returns what a query finds."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commits what is done in it, all or nothing."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()
