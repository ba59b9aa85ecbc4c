"""What the training step asks of an accelerator, read from its program lowered for one: none is needed for it.

    python benchmarks/lowered_step.py                                   # cxr and cxr_best for CUDA
    python benchmarks/lowered_step.py --configs=cxr --platform=tpu

Counts, for each type of computation, the convolutions by layout and by type, the transpositions of whole arrays, the
conversions of type, and the random words that are drawn. It says what XLA gets, not what it makes of it.
"""

import importlib
import re
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import jax
from absl import app, flags

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs as a script

from benchmarks.table import Table
from dcgan_jax.data.pipeline import LabeledImages, to_float
from dcgan_jax.runtime.devices import create_mesh
from dcgan_jax.settings import Settings
from dcgan_jax.training.state import create_recipe, create_state
from dcgan_jax.training.step import create_multi_step

CONFIGS = flags.DEFINE_list("configs", ["cxr", "cxr_best"], "Files of configs/, without .py.")
PLATFORM = flags.DEFINE_enum("platform", "cuda", ["cuda", "rocm", "tpu"], "What the program is lowered for.")

IMAGES = 1341
TABLE = Table(
    {
        "config": ("config", ">10"),
        "dtype": ("dtype", ">8"),
        "convolutions": ("convs", ">5"),
        "in_dtype": ("in dtype", ">8"),
        "of_weights": ("by weights", ">10"),
        "transposes": ("transposes", ">10"),
        "converts": ("converts", ">8"),
        "random_words": ("random Mwords", ">13.4f"),
    }
)


def main(argv: Sequence[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown argument {argv[1]!r}.")
    TABLE.print_header()
    for config in CONFIGS.value:
        for dtype in ("float32", "bfloat16"):
            TABLE.print_row({"config": config, "dtype": dtype, **describe(config, dtype)})


def describe(config: str, dtype: str) -> dict[str, float]:
    """Returns the counts of one iteration of a configuration, fed by resident images."""
    settings = Settings.from_config(importlib.import_module(f"configs.{config}").get_config())
    settings = settings.with_overrides({"model.dtype": dtype, "runtime.convolutions": "xla"})
    step = trace(settings)
    text = step.lower(lowering_platforms=(PLATFORM.value,)).as_text()
    convolutions = re.findall(
        r"stablehlo\.convolution.*dim_numbers = (\[.*?\]x\[.*?\]->\S+?),.*tensor<[0-9x]*x(\w+)>", text
    )
    kinds = Counter(result for _, result in convolutions)
    operations = Counter(re.findall(r"stablehlo\.(\w+)", text))
    return {
        "convolutions": len(convolutions),
        "in_dtype": kinds["f32" if dtype == "float32" else "bf16"],
        "of_weights": sum(layout.startswith("[f, 0, 1, b]") for layout, _ in convolutions),
        "transposes": operations["transpose"],
        "converts": operations["convert"],
        "random_words": count_random_words(step.jaxpr.jaxpr) / 1e6,
    }


def count_random_words(jaxpr: Any) -> int:
    """Returns how many random words of 32 bits a program draws, those of all branches included."""
    inner = [
        value
        for equation in jaxpr.eqns
        for value in jax.tree.leaves(list(equation.params.values()), is_leaf=_is_program)
    ]
    drawn = sum(equation.outvars[0].aval.size for equation in jaxpr.eqns if equation.primitive.name == "random_bits")
    return drawn + sum(count_random_words(getattr(each, "jaxpr", each)) for each in inner if _is_program(each))


def _is_program(value: object) -> bool:
    return hasattr(value, "eqns") or hasattr(value, "jaxpr")


def trace(settings: Settings) -> Any:
    """Returns the traced program of one iteration on one device, as the training loop dispatches it."""
    recipe, key = create_recipe(settings), jax.random.key(0)
    step: Any = create_multi_step(
        recipe, create_mesh(1), lambda images, chosen: LabeledImages(to_float(images[chosen]))
    )
    state = jax.eval_shape(partial(create_state, recipe), key)
    size = settings.data.image_size
    images = jax.ShapeDtypeStruct((IMAGES, size, size, settings.model.channels), "uint8")
    chosen = jax.ShapeDtypeStruct((recipe.sizes.rounds, recipe.sizes.real), "int32")
    with mock.patch.object(jax, "default_backend", return_value=PLATFORM.value):  # accelerators loop over the steps
        return step.trace(state, key, images, chosen)


if __name__ == "__main__":
    app.run(main)
