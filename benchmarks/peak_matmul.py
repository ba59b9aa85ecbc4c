"""What the speed of a step is held against: the speed of a matrix product on the same device, and how time is taken."""

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp

Run = Callable[[], object]

PRODUCT_SIZE = {"cpu": 3072}  # rows of the square matrices that are multiplied
PRODUCT_SIZE_OF_ACCELERATORS = 8192


def create_matrix_product(dtype: str) -> tuple[Run, float]:
    """Returns a function that multiplies two large square matrices on one device, compiled already, and its FLOPs.

    Float32 is multiplied as XLA does by default, as in training: on recent NVIDIA GPUs in TF32.
    """
    size = PRODUCT_SIZE.get(jax.default_backend(), PRODUCT_SIZE_OF_ACCELERATORS)
    matrix = jnp.ones((size, size), dtype)
    product = jax.jit(jnp.matmul).lower(matrix, matrix).compile()
    return lambda: jax.block_until_ready(product(matrix, matrix)), 2.0 * size**3


def count_products(num_devices: int) -> int:
    """Returns how many devices' products `num_devices` can do at a time: those of a CPU share its cores."""
    return 1 if jax.default_backend() == "cpu" else num_devices


def timed(run: Run) -> float:
    """Returns the seconds that a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def device_name(num_devices: int) -> str:
    """Returns the kind of the devices, with their number where there are several."""
    return jax.devices()[0].device_kind + (f" x {num_devices}" if num_devices > 1 else "")
