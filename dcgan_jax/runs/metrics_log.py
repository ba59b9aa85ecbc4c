"""The metrics of a run, as JSON lines and as TensorBoard events."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from tensorboardX.event_file_writer import EventsWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.summary import scalar

from dcgan_jax.errors import UserError
from dcgan_jax.storage import atomic_file


class RunLog:
    """Appends rows to metrics.jsonl and to TensorBoard. Rows past the step that a run continues from are dropped."""

    def __init__(self, metrics: Path, tensorboard: Path, step: int):
        _keep_rows_until(metrics, step)
        self._file = metrics.open("a")
        # Not tensorboardX's SummaryWriter, which hands events to a thread: where that finds the disk full, and dies of
        # it, the training would wait for it for ever.
        tensorboard.mkdir(parents=True, exist_ok=True)
        self._events = EventsWriter(str(tensorboard / "events"))
        self._add_event(step + 1, session_log=SessionLog(status=SessionLog.START))  # hides later ones of earlier starts

    def __enter__(self) -> "RunLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._events.close()

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Writes rows, each with its `step`; TensorBoard gets the last one."""
        self._file.writelines(json.dumps(row) + "\n" for row in rows)
        self._file.flush()
        for name, value in rows[-1].items():
            if name != "step":
                self._add_event(rows[-1]["step"], summary=scalar(name, value))
        self._events.flush()

    def _add_event(self, step: int, **content: Any) -> None:
        self._events.write_event(Event(wall_time=time.time(), step=step, **content))


def read_rows(metrics: Path) -> Iterator[dict[str, Any]]:
    """Yields the rows of a metrics file; a last line that a crash cut off is passed over.

    Raises:
      UserError: another line is no row.
    """
    with metrics.open(errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith("\n"):
                return
            try:
                row = json.loads(line)
                row["step"]
            except (ValueError, TypeError, KeyError):
                raise UserError(f"Line {number} of {metrics} is damaged: remove that line.") from None
            yield row


def _keep_rows_until(metrics: Path, step: int) -> None:
    if not metrics.exists():
        return
    kept = (row for row in read_rows(metrics) if row["step"] <= step)
    atomic_file.write_text(metrics, "".join(json.dumps(row) + "\n" for row in kept))
