"""A run of an older version, with what that version made of it: kept so that every later version can be held to it.

To keep one of a new version, make it as version 0.1 was made: by that version's code, without the tests' XLA flags,
with the fields of its config.json as FLAGS and stand-in weights for the scores:

    python launch.py FLAGS --config.train.steps=6 --workdir=W        # kept as run/, without pictures and events
    python launch.py FLAGS --config.train.steps=12 --workdir=COPY1   # the rows of steps 7 to 12
    python launch.py --mode=generate --workdir=COPY2 --config.generate.count=5     # kept as generated/
    python launch.py --mode=evaluate --workdir=COPY2                               # fid and weights_sha256
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

    def copy_to(self, place: Path) -> Path:
        shutil.copytree(self.folder / "run", place)
        return place
