"""How several processes agree to stop after the same step, although a signal reaches one of them, or each in its time.

JAX's preemption service would do it for SIGTERM. But it looks at signals once a second, knows nothing of Ctrl-C, and
orbax asks it about the steps that it saves, from threads of its own, while the loop has gone on: the counter that the
service compares then runs backwards. An all-reduce of one number, queued behind each dispatch, has none of this.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Bool

from dcgan_jax import processes
from dcgan_jax.devices import replicated, split


class StopAgreement:
    """Whether any process was asked to stop: the answer to a question comes with the next one.

    So nobody waits: by then the devices have long done what was queued before the answer.
    """

    def __init__(self, mesh: Mesh):
        self._sharding, self._size = split(mesh), mesh.size
        self._any = processes.start_together(jax.jit(jnp.any, out_shardings=replicated(mesh)))
        self._pending: Bool[Array, ""] | None = None

    def __call__(self, requested: bool) -> bool:
        """Asks, and returns whether any process had been asked to stop when all called this last."""
        answer = self._pending is not None and bool(self._pending)
        asked = np.full(self._size, requested)
        self._pending = self._any(jax.make_array_from_callback(asked.shape, self._sharding, asked.__getitem__))
        return answer
