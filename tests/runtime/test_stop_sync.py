"""What one process is asked, all know two dispatches later; the dispatches themselves stay what they are."""

import jax
import jax.numpy as jnp

from dcgan_jax.runtime.devices import create_mesh, replicated
from dcgan_jax.runtime.stop_sync import StopAgreement


def test_the_answer_comes_two_dispatches_after_the_question():
    mesh = create_mesh()
    agree = StopAgreement(mesh)
    dispatch = agree.carried_by(lambda state, key, dataset, feed: (state + feed, {"loss": state}))
    state = jax.device_put(jnp.float32(0), replicated(mesh))
    answers = []
    for step in range(5):
        answers.append(agree(step == 1))
        state, metrics = dispatch(state, jax.random.key(0), (), 1.0)
        assert (float(state), float(metrics["loss"])) == (step + 1, step)
    assert answers == [False, False, False, True, False]
