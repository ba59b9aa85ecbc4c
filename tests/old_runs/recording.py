"""A run of an older version, with what that version made of it: kept so that every later version can be held to it.

To keep one of a new version, make it as version 0.1 was made: by that version's code, without the tests' XLA flags,
with the fields of its config.json as FLAGS and stand-in weights for the scores:

    python launch.py FLAGS --config.train.steps=6 --workdir=W        # kept as run/, without pictures and events
    python launch.py FLAGS --config.train.steps=12 --workdir=COPY1   # state_sha256 and the rows of steps 7 to 12
    python launch.py --mode=generate --workdir=COPY2 --config.generate.count=5     # kept as generated/
    python launch.py --mode=evaluate --workdir=COPY2                               # fid and weights_sha256
"""

import hashlib
import json
import os
import platform
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jaxlib

VERSIONS = sorted(path.name for path in Path(__file__).parent.iterdir() if (path / "expected.json").is_file())


@dataclass(frozen=True)
class Recording:
    """What one version left.

    Attributes:
      folder: run/, generated/ and expected.json.
    """

    folder: Path

    @classmethod
    def of(cls, version: str) -> "Recording":
        return cls(Path(__file__).parent / version)

    @property
    def expected(self) -> dict[str, Any]:
        return json.loads((self.folder / "expected.json").read_text())

    @property
    def is_of_this_machine(self) -> bool:
        """Whether the same processor and compiler made it, so that every bit is promised to be the same."""
        return self.expected["machine"] == describe_machine()

    def copy_to(self, place: Path) -> Path:
        shutil.copytree(self.folder / "run", place)
        return place


def describe_machine() -> str:
    """Returns what arithmetic on a CPU depends on: its kind and number, and the compiler."""
    known = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").is_file() else platform.processor()
    kind = re.findall(r"^(model name|model|stepping|flags)(\s*: .*)$", known.partition("\n\n")[0], re.MULTILINE)
    digest = hashlib.sha256(repr(kind or known).encode()).hexdigest()[:12]
    return f"{os.cpu_count()} processors of kind {digest}, jaxlib {jaxlib.__version__}"
