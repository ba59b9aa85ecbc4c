"""How long a reader waits for an answer to be saved: `python benchmarks/study_latency.py --readers 1 20`.

All readers send their answers at once, as fast as they are taken: more than people do. What is timed is one request,
from sending an answer to hearing that it is on the disk.
"""

import argparse
import asyncio
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.table import Table
from dcgan_jax.settings import StudySettings
from dcgan_jax.study.material import Material
from dcgan_jax.study.opened import OpenedStudy
from dcgan_jax.study.plan import KeyRow, Origin
from dcgan_jax.study.planning import plan_study
from dcgan_jax.study.server import serve
from dcgan_jax.study.simulated_reader import GrainJudge, SimulatedReader

SIZE = 128


class TimedReader(SimulatedReader):
    """A simulated reader that times its answers."""

    def __init__(self, address: str, code: str):
        """Signs in."""
        self.seconds: list[float] = []
        super().__init__(address, code, GrainJudge())

    def _open(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
        started = time.perf_counter()
        content = super()._open(path, body, headers)
        if path == "/answers":
            self.seconds.append(time.perf_counter() - started)
        return content


def time_answers(folder: Path, readers: int, images: int) -> list[float]:
    """Returns the seconds of every answer of a study of noise."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (2 * images, SIZE, SIZE), dtype=np.uint8)
    rows = tuple(
        KeyRow(kind=kind, label="", origin=str(number)) for kind in ("real", "generated") for number in range(images)
    )
    origin = Origin(real="noise", generated="noise", real_from="folder")
    study = StudySettings(readers=readers, images=images)
    codes = plan_study(study, Material(noise[:images], noise[images:], rows, origin), folder)
    opened = OpenedStudy.open(folder)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = threading.Thread(target=lambda: asyncio.run(serve(opened, listener, ["127.0.0.1"])))
        server.start()
        timed = [TimedReader(address, codes[reader]) for reader in range(1, readers + 1)]
        threads = [threading.Thread(target=reader.read_all) for reader in timed]
        for thread in threads:
            thread.start()
        for thread in [*threads, server]:
            thread.join()
    opened.close()
    return [seconds for reader in timed for seconds in reader.seconds]


def main() -> None:
    """Prints the median and the 99th percentile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, nargs="+", default=[1, 20])
    parser.add_argument("--images", type=int, default=25, help="of each kind")
    given = parser.parse_args()
    table = Table(
        {
            "readers": ("readers", ">7"),
            "answers": ("answers", ">7"),
            "median": ("median, ms", ">8.1f"),
            "late": ("99%, ms", ">8.1f"),
        }
    )
    table.print_header()
    for readers in given.readers:
        with tempfile.TemporaryDirectory() as temporary:
            seconds = time_answers(Path(temporary) / "study", readers, given.images)
        median, late = 1000 * np.percentile(seconds, [50, 99])
        table.print_row({"readers": readers, "answers": len(seconds), "median": median, "late": late})


if __name__ == "__main__":
    main()
