"""The metrics of a run, as JSON lines and as TensorBoard events."""

import contextlib
import errno
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.summary import image, scalar, text

from dcgan_jax.errors import FileError
from dcgan_jax.runtime import retrying
from dcgan_jax.storage import atomic_file


class RunLog:
    """Appends rows to metrics.jsonl and to TensorBoard. Rows past the step that a run continues from are dropped."""

    def __init__(self, metrics: Path, tensorboard: Path, step: int):
        _keep_rows_until(metrics, step)
        metrics.touch()
        self._metrics, self._tensorboard = metrics, tensorboard
        self._size, self._step = metrics.stat().st_size, step
        self._open()

    def __enter__(self) -> "RunLog":
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def write(self, rows: list[dict[str, Any]], group: str = "training") -> None:
        """Writes rows of numbers, each with its `step`; TensorBoard gets the last one.

        `group` is that of TensorBoard's charts; losses and accuracies have groups of their own.

        Raises:
          RetryLater: the files do not answer, and have not for a while.
          OSError: they cannot be written.
        """
        content = "".join(json.dumps(row) + "\n" for row in rows).encode()
        last = rows[-1]
        summaries = [scalar(create_tag(name, group), value) for name, value in last.items() if name != "step"]
        retrying.retry(lambda: self._write(content, last["step"], summaries), self._metrics)

    def show_grid(self, step: int, grid: UInt8[np.ndarray, "height width channels"]) -> None:
        """Shows a grid of samples in TensorBoard; raises as `write`."""
        self._show(step, image("samples", grid, dataformats="HWC"))

    def show_text(self, step: int, name: str, markdown: str) -> None:
        """Shows a text in TensorBoard; raises as `write`."""
        self._show(step, text(name, markdown))

    def _show(self, step: int, summary: Any) -> None:
        retrying.retry(lambda: self._write(b"", step, [summary]), self._metrics)

    def _write(self, content: bytes, step: int, summaries: list[Any]) -> None:
        if self._file.closed:
            self._open()
        try:
            if not os.fstat(self._file.fileno()).st_nlink:  # removed, workdir and all: writing would succeed
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._metrics))
            self._file.write(content)
            for summary in summaries:
                self._add_event(step, summary=summary)
            self._events.flush()
        except OSError:
            self._close()  # to be opened again, and cut to what was written whole
            raise
        self._size += len(content)
        self._step = max(self._step, step)

    def _open(self) -> None:
        self._file = self._metrics.open("r+b", buffering=0)
        self._file.truncate(self._size)
        self._file.seek(self._size)
        # Not tensorboardX's SummaryWriter, which hands events to a thread: where that finds the disk full, and dies of
        # it, the training would wait for it for ever.
        self._tensorboard.mkdir(parents=True, exist_ok=True)
        self._events = EventsWriter(str(self._tensorboard / "events"))
        # Hides later events of earlier starts.
        self._add_event(self._step + 1, session_log=SessionLog(status=SessionLog.START))

    def _close(self) -> None:
        with contextlib.suppress(OSError):  # of what no longer answers
            self._file.close()
        with contextlib.suppress(OSError, ValueError):  # ValueError: it closed itself when it failed
            self._events.close()

    def _add_event(self, step: int, **content: Any) -> None:
        self._events.write_event(Event(wall_time=time.time(), step=step, **content))


def create_tag(name: str, group: str) -> str:
    """Returns the tag of a number in TensorBoard, which shows those with a beginning in common side by side.

    >>> create_tag("discriminator_loss_real", "training"), create_tag("fid", "scores")
    ('loss/discriminator_real', 'scores/fid')
    """
    for kind in ("loss", "accuracy"):
        if f"_{kind}" in name:
            return f"{kind}/{name.replace(f'_{kind}', '')}"
    return f"{group}/{name}"


def read_rows(metrics: Path) -> Iterator[dict[str, Any]]:
    """Yields the rows of a metrics file; what a crash cut off at its end is passed over.

    After a power loss the end may hold zeros, where the file had grown and its content was not on the disk yet. Raises
    UserError if another line is no row.
    """
    with metrics.open(errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith("\n") or ("\0" in line and not line.strip("\0\n")):
                return
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                is_row = isinstance(row["step"], int)
            except (ValueError, TypeError, KeyError, RecursionError):
                is_row = False
            if not is_row:
                raise FileError(metrics, f"is damaged in line {number}: remove that line.")
            yield row


def _keep_rows_until(metrics: Path, step: int) -> None:
    if not metrics.exists():
        return
    kept = (row for row in read_rows(metrics) if row["step"] <= step)
    atomic_file.write_text(metrics, "".join(json.dumps(row) + "\n" for row in kept))
