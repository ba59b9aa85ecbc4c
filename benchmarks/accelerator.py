"""All that is to be measured on a GPU or a TPU, in one command that can be stopped and given again.

    python benchmarks/accelerator.py --out=runs/accelerator
    python benchmarks/accelerator.py --out=/tmp/try --small        # the same parts at a tiny size, to try them on a CPU

Parts, each a process of its own, so that none finds another's memory or compiled programs:

    step-<dtype>-<steps>        one iteration at full width, batch 128, on a fixed batch, that many steps in a call
    prepare, run-<dtype>        500 epochs of configs/cxr.py on drawn phantoms with samples and checkpoints, no scores
    device-, stream-<dtype>     the iteration fed by resident, and by streamed images (streaming needs TensorFlow)
    profile-<dtype>             a trace of some calls, in the folder of that name
    growth-<pixels>-<batch>     batch 32 to 1,024, 64 to 256 pixels
    stream-input                what the input pipeline delivers, against the step

A finished part is skipped; one that fails (for lack of memory, say) is named, and the others go on. results.json holds
what all found, their commands and their seconds by the wall clock.
"""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from absl import app, flags

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs as a script

from benchmarks.accelerator_parts import FULL, TINY, collect, create_parts, is_done, run

OUT = flags.DEFINE_string("out", "runs/accelerator", "Folder for the results.")
SMALL = flags.DEFINE_bool("small", False, "Tiny sizes: whether everything works, not how fast it is.")
ONLY = flags.DEFINE_string("only", "", "Only parts whose name begins with this.")


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown argument {argv[1]!r}.")
    out = Path(OUT.value).absolute()
    out.mkdir(parents=True, exist_ok=True)
    parts, failed = create_parts(out, TINY if SMALL.value else FULL), []
    for part in parts:
        if not part.name.startswith(ONLY.value):
            continue
        if "stream" in part.name and importlib.util.find_spec("tensorflow") is None:
            print(f"{part.name}: left out, there is no TensorFlow here", flush=True)
        elif is_done(part, out):
            print(f"{part.name}: done already", flush=True)
        elif code := run(part, out):
            failed.append(f"{part.name} ended with exit code {code}")
        collect(parts, out)
    if failed:
        sys.exit("; ".join(failed))


if __name__ == "__main__":
    app.run(main)
