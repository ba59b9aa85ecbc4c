"""How several processes agree to stop after the same step, although a signal reaches one of them, or each in its time.

JAX's preemption service would do it for SIGTERM. But it looks at signals once a second, knows nothing of Ctrl-C, and
orbax asks it about the steps that it saves, from threads of its own, while the loop has gone on: the counter that the
service compares then runs backwards. So each multi-step call carries one number more, and returns whether any was
asked. It is no program of its own, which a CPU could run before the step in one process and after it in another.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Bool, Key

from dcgan_jax.runtime import processes
from dcgan_jax.runtime.devices import replicated, split

MultiStep = Callable[[Any, Key[Array, ""], Any, Any], tuple[Any, Any]]
"""(state, key, data set, batch) -> new state and metrics."""


class StopSync:
    """Whether any process was asked to stop: what a multi-step call carries is answered two calls later.

    So nobody waits for the devices, which have done the one before the last by then.
    """

    def __init__(self, mesh: Mesh):
        self._mesh = mesh
        self._requested = False
        self._answers: list[Bool[Array, ""]] = []  # of the last two calls

    def __call__(self, requested: bool) -> bool:
        """Takes whether this process was asked; returns whether any was, the same in all processes."""
        self._requested = requested
        return len(self._answers) == 2 and bool(self._answers[0])

    def carried_by(self, multi_step: MultiStep) -> MultiStep:
        """Returns the multi-step call that carries the question too; the state that goes in is donated."""
        sharding = split(self._mesh)

        def run(state: Any, key: Key[Array, ""], dataset: Any, batch: Any, asked: Bool[Array, " devices"]) -> Any:
            return *multi_step(state, key, dataset, batch), jnp.any(asked)

        run_fn = processes.start_together(jax.jit(run, donate_argnums=0, out_shardings=replicated(self._mesh)))

        def call(state: Any, key: Key[Array, ""], dataset: Any, batch: Any) -> Any:
            flags = np.full(self._mesh.size, self._requested)
            asked = jax.make_array_from_callback(flags.shape, sharding, flags.__getitem__)
            state, metrics, answer = run_fn(state, key, dataset, batch, asked)
            self._answers = [*self._answers[-1:], answer]
            return state, metrics

        return call
