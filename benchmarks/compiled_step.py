"""The training step of one configuration: compiled under a clock, fed as in training, with the memory it takes."""

import time
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, cast

import jax
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Float

from dcgan_jax.data.order import Order
from dcgan_jax.data.pipeline import Batches, LabeledImages, create_batches
from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.selection import select_training
from dcgan_jax.runtime.devices import create_mesh, replicated, split
from dcgan_jax.settings import Settings
from dcgan_jax.training.state import create_recipe, create_state
from dcgan_jax.training.step import create_multi_step

PLACEMENTS = ("fixed", "device", "stream")
"""Where real images come from: one batch of noise that stays on the devices, or as `data.placement` says."""


class FixedBatches:
    """The same noise for every step, on the devices from the start: what is left is the time of the step itself."""

    dataset = ()

    def __init__(self, settings: Settings, mesh: Mesh):
        self._images = jax.device_put(draw_images(settings), split(mesh, axis=1))

    def take(self, step: int, count: int) -> Float[Array, "count batch h w c"]:
        """Returns the noise, whatever the step."""
        return self._images

    def read(self, dataset: Any, feed: Float[Array, "batch h w c"]) -> LabeledImages:
        """Returns what is fed: it is float already."""
        return LabeledImages(feed)


@dataclass
class HostTimes:
    """Seconds that the host spent on each dispatch before the devices had begun; they work on while it goes on.

    Attributes:
      feed: until the batches were there.
      dispatch: until the call to the devices returned.
    """

    feed: list[float] = field(default_factory=list)
    dispatch: list[float] = field(default_factory=list)


class CompiledStep:
    """A dispatch of the training step, with its state and its batches.

    Attributes:
      compile_seconds: of tracing, lowering and compiling; nothing came from a cache.
      planned_bytes: memory that the program takes on each device, by XLA's plan: what it reads, writes and sets aside.
      host: what the host spent on the dispatches so far that found the devices idle.
    """

    def __init__(self, settings: Settings, batches: Batches, mesh: Mesh):
        recipe = create_recipe(settings)
        self._count, self._key = settings.train.steps_per_dispatch, jax.random.key(settings.seed)
        self._batches, self._step = batches, 0
        self._dispatch = cast(Any, create_multi_step(recipe, mesh, batches.read))
        self._state = jax.device_put(jax.jit(partial(create_state, recipe))(self._key), replicated(mesh))
        self._feed = batches.take(0, self._count)
        self.host = HostTimes()

        start = time.perf_counter()
        compiled = self._dispatch.lower(self._state, self._key, batches.dataset, self._feed).compile()
        self.compile_seconds = time.perf_counter() - start
        plan = compiled.memory_analysis()
        self.planned_bytes = (
            plan.argument_size_in_bytes
            + plan.output_size_in_bytes
            - plan.alias_size_in_bytes
            + plan.temp_size_in_bytes
            + plan.generated_code_size_in_bytes
        )

    def run(self, calls: int) -> None:
        """Runs dispatches after each other as the training loop does, and waits for the last."""
        for call in range(calls):
            start = time.perf_counter()
            if self._step:
                self._feed = self._batches.take(self._step, self._count)
            fed = time.perf_counter()
            self._state, metrics = self._dispatch(self._state, self._key, self._batches.dataset, self._feed)
            self._step += self._count
            if call == 0:
                self.host.feed.append(fed - start)
                self.host.dispatch.append(time.perf_counter() - fed)
        jax.block_until_ready((self._state, metrics))


def create_compiled_step(settings: Settings, num_devices: int, placement: str, num_images: int) -> CompiledStep:
    """Compiles the step of a configuration.

    Args:
      settings: of the run; `data` says how phantoms are prepared, unless the placement is fixed.
      num_devices: how many of the devices take part.
      placement: one of `PLACEMENTS`.
      num_images: training images; the prepared ones come again until there are as many.
    """
    mesh = create_mesh(num_devices)
    if placement == "fixed":
        return CompiledStep(settings, FixedBatches(settings, mesh), mesh)
    data = settings.data.model_copy(update={"placement": placement})
    prepared = prepare(data, settings.seed)
    examples, _ = select_training(prepared, data, settings.seed)
    examples = (examples * -(-num_images // len(examples)))[:num_images]
    order = Order(settings.seed, num_images, settings.train.batch_size // 2, data.sampling)
    batches = create_batches(prepared, examples, data, settings.model.channels, order, mesh, first_step=0)
    return CompiledStep(settings, batches, mesh)


def draw_images(settings: Settings) -> Float[np.ndarray, "steps half height width channels"]:
    """Returns noise for one dispatch, half a batch for each of its steps, in [-1, 1]."""
    size = settings.data.image_size
    shape = (settings.train.steps_per_dispatch, settings.train.batch_size // 2, size, size, settings.model.channels)
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


def count_flops(settings: Settings) -> float:
    """Returns XLA's count of the floating-point operations of one iteration, in the forms that accelerators run.

    Where the gradient penalties come every few steps only, it is the mean over them: XLA counts their branch in each.
    """
    every = settings.loss.r1_every if settings.loss.r1 or settings.loss.r2 else 1
    with_penalty = _count_flops(settings)
    if every == 1:
        return with_penalty
    without = _count_flops(settings.with_overrides({"loss.r1": 0.0, "loss.r2": 0.0}))
    return without + (with_penalty - without) / every


@lru_cache
def _count_flops(settings: Settings) -> float:
    recipe, key = create_recipe(settings.with_overrides({"runtime.convolutions": "xla"})), jax.random.key(0)
    dispatch = create_multi_step(recipe, create_mesh(1), lambda dataset, feed: LabeledImages(feed))
    state = jax.eval_shape(partial(create_state, recipe), key)
    analysis = cast(Any, dispatch).lower(state, key, (), draw_images(settings)[:1]).cost_analysis()
    return float(analysis["flops"])


def peak_bytes() -> int | None:
    """Returns the most memory that any device has had in use since the process began, or None where none counts it."""
    stats = [device.memory_stats() for device in jax.local_devices()]
    return max((one["peak_bytes_in_use"] for one in stats if one and "peak_bytes_in_use" in one), default=None)


def with_memory(row: dict[str, Any], before: int | None, after: int | None) -> dict[str, Any]:
    """Adds the peak of memory: the devices' count, if it rose with this configuration, else XLA's plan."""
    counted = after if after and after > (before or 0) else None
    row["peak_memory_bytes"] = counted or row["planned_bytes"]
    row["peak_memory_mib"] = row["peak_memory_bytes"] / 2**20
    row["peak_memory_source"] = "device" if counted else "XLA's plan"
    return row
