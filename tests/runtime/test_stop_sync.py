"""What one process is asked, all know two calls later; the calls themselves stay what they are."""

import jax
import jax.numpy as jnp

from dcgan_jax.runtime.devices import create_mesh, replicated
from dcgan_jax.runtime.stop_sync import StopSync


def test_the_answer_comes_two_calls_after_the_question():
    mesh = create_mesh()
    sync = StopSync(mesh)
    multi_step = sync.carried_by(lambda state, key, dataset, batch: (state + batch, {"loss": state}))
    state = jax.device_put(jnp.float32(0), replicated(mesh))
    answers = []
    for step in range(5):
        answers.append(sync(step == 1))
        state, metrics = multi_step(state, jax.random.key(0), (), 1.0)
        assert (float(state), float(metrics["loss"])) == (step + 1, step)
    assert answers == [False, False, False, True, False]
