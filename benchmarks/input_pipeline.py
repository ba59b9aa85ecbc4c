"""How many real images a second come from prepared records, streamed and resident, against what a step asks for.

    python benchmarks/input_pipeline.py                                          # 1,000, 10,000 and 100,000 images
    python benchmarks/input_pipeline.py --images=5000 --image_size=256 --seconds_per_iteration=0.05

Three rows for each number of images: `records` read from the disk in the order of training, one batch after another;
`stream`, the same through tf.data to the devices; `device`, resident images gathered inside a jitted function. The
images are drawn phantoms, which come again until there are as many as asked for, so that records are read from the
system's cache of files, as a run's are from its second epoch on. The host's memory is looked at (on Linux) after the
first steps and at the end: the second column of it is what the steps in between added.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import jax
from absl import app, flags

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs as a script

from benchmarks.table import Table
from configs import default
from dcgan_jax.data.order import Order
from dcgan_jax.data.pipeline import create_batches
from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.prepared import Example, PreparedSet
from dcgan_jax.data.selection import select_training
from dcgan_jax.runtime.devices import create_mesh
from dcgan_jax.settings import Settings

IMAGES = flags.DEFINE_multi_integer("images", [1000, 10_000, 100_000], "Training images; may be repeated.")
IMAGE_SIZE = flags.DEFINE_integer("image_size", 128, "Pixels a side.")
BATCH_SIZE = flags.DEFINE_integer("batch_size", 128, "Of training: half as many real images make up a step.")
DRAWN = flags.DEFINE_integer("drawn", 512, "Phantoms of the class that are drawn.", lower_bound=1)
SECONDS = flags.DEFINE_float("seconds", 5.0, "How long each row is measured.", lower_bound=0.0)
SECONDS_PER_ITERATION = flags.DEFINE_float(
    "seconds_per_iteration", 0.008, "Of the step to be fed; 8 ms is the floor of full width, batch 128 on an H200."
)
JSON = flags.DEFINE_string("json", None, "File for the rows, as a JSON list.")

WARM_UP_STEPS = 20
MIB = 2**20

Deliver = Callable[[int], object]
"""step -> its images, once they are there"""

TABLE = Table(
    {
        "images": ("images", ">7"),
        "source": ("from", ">7"),
        "images_per_second": ("images/s", ">8.0f"),
        "share_of_need": ("of the need", ">7.1f"),
        "memory_mib": ("memory MiB", ">6.0f"),
        "growth_mib": ("growth MiB", ">6.1f"),
        "steps": ("steps", ">6"),
    }
)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown argument {argv[1]!r}.")
    settings = create_settings()
    prepared = prepare(settings.data, settings.seed)
    drawn, _ = select_training(prepared, settings.data, settings.seed)
    real = BATCH_SIZE.value // 2
    need = real / SECONDS_PER_ITERATION.value
    print(f"{jax.devices()[0].device_kind}; the step asks for {need:.0f} images/s of {IMAGE_SIZE.value} pixels a side")
    TABLE.print_header()
    rows = []
    for count in IMAGES.value:
        examples = (drawn * -(-count // len(drawn)))[:count]
        order = Order(settings.seed, count, real, settings.data.sampling)
        for source in ("records", "stream", "device"):
            found = measure(create_source(source, settings, prepared, examples, order), real)
            row = {"images": count, "source": source, **found, "share_of_need": found["images_per_second"] / need}
            TABLE.print_row(row)
            rows.append(row)
    if JSON.value:
        Path(JSON.value).write_text(json.dumps(rows, indent=1) + "\n")


def create_settings() -> Settings:
    """Returns the default settings on drawn phantoms of the size asked for."""
    overrides = {
        "data.source": "phantom",
        "data.phantom_count": DRAWN.value,
        "data.image_size": IMAGE_SIZE.value,
        "train.batch_size": BATCH_SIZE.value,
    }
    return Settings.from_config(default.get_config()).with_overrides(overrides)


def create_source(
    source: str, settings: Settings, prepared: PreparedSet, examples: Sequence[Example], order: Order
) -> Deliver:
    """Returns a function that delivers the images of a step, which must follow those of the last call."""
    if source == "records":
        return lambda step: prepared.images([examples[position] for position in order.positions(step)])
    data = settings.data.model_copy(update={"placement": source})
    batches = create_batches(prepared, examples, data, settings.model.channels, order, create_mesh(), first_step=0)
    read = jax.jit(batches.read)
    return lambda step: jax.block_until_ready(read(batches.dataset, jax.tree.map(itemgetter(0), batches.take(step, 1))))


def measure(deliver: Deliver, images_a_step: int) -> dict[str, Any]:
    """Asks for the images of one step after another, and returns their pace and what became of the memory."""
    for step in range(WARM_UP_STEPS):
        deliver(step)
    before, start, step = resident_mib(), time.perf_counter(), WARM_UP_STEPS
    while (seconds := time.perf_counter() - start) < SECONDS.value or step == WARM_UP_STEPS:
        deliver(step)
        step += 1
    after, steps = resident_mib(), step - WARM_UP_STEPS
    return {
        "images_per_second": steps * images_a_step / seconds,
        "memory_mib": after,
        "growth_mib": None if after is None or before is None else after - before,
        "steps": steps,
    }


def resident_mib() -> float | None:
    """Returns the memory of this process that is in use, in MiB; None where the system does not say (not Linux)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    kib = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(kib) * 1024 / MIB


if __name__ == "__main__":
    app.run(main)
