"""The loop stops when it is asked to, when it is done, and when numbers stop being numbers."""

import os
import signal

import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.runtime.signals import Interrupted, StopRequest, end_program
from dcgan_jax.training.checkpoints import Checkpoints
from dcgan_jax.training.loop import run_loop
from dcgan_jax.training.schedule import Schedule
from dcgan_jax.training.state import TrainState
from tests.refusals import refused

SCHEDULE = Schedule(total=6, steps_per_epoch=2, sample_every=3, checkpoint_every=2, evaluate_every=4, steps_per_call=1)


FIDS = {4: 0.5, 6: 0.7}


def state_at(step, weight=0.0):
    weights = {"w": jnp.float32(weight)}
    return TrainState(jnp.int32(step), weights, weights, (), ())


def count_up(state, step, count):
    assert int(state.step) == step
    return state.replace(step=state.step + count), {"loss": jnp.arange(1.0, count + 1) + state.step}


class Recorder:
    """Remembers what the loop tells, and may act on it."""

    def __init__(self, on_step=None):
        self.rows, self.samples, self.scored, self.saved, self._on_step = [], [], [], [], on_step

    def on_steps(self, rows):
        self.rows += rows
        if self._on_step:
            self._on_step(rows[-1]["step"])

    def on_samples(self, step, state):
        assert int(state.step) == step
        self.samples.append(step)

    def on_scores(self, step, scores):
        self.scored.append((step, scores))

    def on_saved(self, step, is_last):
        self.saved.append((step, len(self.rows), is_last))


def score(state):
    return {"fid": FIDS[int(state.step)]}


def loop(directory, recorder, advance=count_up, schedule=SCHEDULE, state=None, score_fn=score):
    with StopRequest() as stop, Checkpoints(str(directory), "run", keep=9) as checkpoints:
        start = state_at(0) if state is None else state
        return run_loop(start, advance, schedule, checkpoints, recorder, stop, score_fn)


def saved_steps(directory):
    with Checkpoints(str(directory), "run", keep=9) as checkpoints:
        return checkpoints.steps()


def test_every_step_is_reported_and_every_event_comes(tmp_path):
    recorder = Recorder()
    final = loop(tmp_path, recorder)
    assert int(final.step) == 6
    assert recorder.rows == [{"step": step, "loss": float(step)} for step in range(1, 7)]
    assert recorder.samples == [0, 3, 6]
    assert recorder.scored == [(4, {"fid": 0.5}), (6, {"fid": 0.7})]
    assert saved_steps(tmp_path) == [2, 4, 6]
    assert recorder.saved == [(2, 2, False), (4, 4, False)]  # with the rows until then; the caller sees to the end


def test_a_run_that_goes_on_neither_draws_nor_scores_the_saved_state_again(tmp_path):
    loop(tmp_path, Recorder())
    recorder = Recorder()
    loop(tmp_path, recorder, state=state_at(4))
    assert recorder.samples == [6]
    assert recorder.scored == [(6, {"fid": 0.7})]
    recorder = Recorder()
    loop(tmp_path, recorder, state=state_at(6))
    assert (recorder.rows, recorder.samples, recorder.scored) == ([], [], [])


def test_the_best_state_is_kept_beside_the_newest(tmp_path):
    with StopRequest() as stop, Checkpoints(str(tmp_path), "run", keep=1) as checkpoints:
        run_loop(state_at(0), count_up, SCHEDULE, checkpoints, Recorder(), stop, score)
        checkpoints.wait()
        assert checkpoints.steps() == [4, 6]
        assert checkpoints.best_step() == 4


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_saves_and_stops_after_the_step_under_way(tmp_path, number):
    recorder = Recorder(on_step=lambda step: os.kill(os.getpid(), number) if step == 2 else None)
    outside = signal.signal(number, end_program)  # as the command does: shells start jobs with SIGINT ignored
    try:
        with pytest.raises(Interrupted) as caught:
            loop(tmp_path, recorder)
        assert signal.getsignal(number) == end_program
    finally:
        signal.signal(number, outside)
    assert caught.value.step == 3
    assert saved_steps(tmp_path)[-1] == 3
    assert recorder.rows[-1]["step"] == 3
    assert recorder.saved[-1] == (3, 3, True)


def test_a_signal_while_the_last_state_is_written_stops_what_follows(tmp_path):
    class Slow(Checkpoints):
        def save_whole(self, step, state):
            os.kill(os.getpid(), signal.SIGTERM)
            super().save_whole(step, state)

    with StopRequest() as stop, Slow(str(tmp_path), "run") as checkpoints, pytest.raises(Interrupted) as caught:
        run_loop(state_at(0), count_up, SCHEDULE, checkpoints, Recorder(), stop)
    assert caught.value.step == SCHEDULE.total
    assert saved_steps(tmp_path)[-1] == SCHEDULE.total


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_state(tmp_path, bad):
    def advance(state, step, count):
        state, metrics = count_up(state, step, count)
        return state, {"loss": jnp.where(state.step == 5, bad, metrics["loss"])}

    with refused("step 5", bad, "config.optimizer.generator_learning_rate"):
        loop(tmp_path, Recorder(), advance)
    assert saved_steps(tmp_path) == [2, 4]


def test_a_weight_that_is_not_finite_is_never_saved(tmp_path):
    def advance(state, step, count):
        state, metrics = count_up(state, step, count)
        return state.replace(generator={"w": jnp.where(state.step == 4, jnp.nan, 0.0)}), metrics

    with refused("step 4", "config.optimizer.generator_learning_rate"):
        loop(tmp_path, Recorder(), advance)
    assert saved_steps(tmp_path) == [2]


@pytest.mark.parametrize("at", [4, 6])
def test_a_state_whose_scoring_a_signal_cut_off_is_saved_and_scored_when_the_run_goes_on(tmp_path, at):
    def score_until(state):
        return score(state) if int(state.step) != at else os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted) as caught:
        loop(tmp_path, Recorder(), score_fn=score_until)
    assert caught.value.step == at  # the last step too: more is to be done after it
    assert saved_steps(tmp_path)[-1] == at
    recorder = Recorder()
    loop(tmp_path, recorder, state=state_at(at))
    assert recorder.samples == [6][at // 6 :]  # drawn before it was saved
    assert [step for step, _ in recorder.scored] == [step for step in (4, 6) if step >= at]


def test_a_state_is_saved_before_it_is_scored(tmp_path):
    begun = {}

    def look(state):
        begun[int(state.step)] = {path.name.partition(".")[0] for path in tmp_path.iterdir()}
        return score(state)

    loop(tmp_path, Recorder(), score_fn=look)
    assert begun.keys() == {4, 6}
    assert all(str(step) in names for step, names in begun.items())


def test_without_a_score_fn_nothing_is_scored(tmp_path):
    recorder = Recorder()
    loop(tmp_path, recorder, score_fn=None)
    assert recorder.scored == []
    assert saved_steps(tmp_path) == [2, 4, 6]
