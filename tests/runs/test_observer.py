"""The pace counts training alone: neither compiling, drawing nor scoring."""

from unittest.mock import Mock

import numpy as np
import pytest

from dcgan_jax.runs import observer as observer_module
from dcgan_jax.runs.metrics_log import RunLog, read_rows
from dcgan_jax.runs.observer import TrainObserver, draw_samples
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime.progress import create_progress
from dcgan_jax.sampling import Sampler
from dcgan_jax.training.schedule import create_schedule
from dcgan_jax.training.state import TrainState
from dcgan_jax.training.step import METRICS


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def monotonic(self):
        return self.now


class FlatSampler(Sampler):
    """Draws each class in a gray of its own, without a generator."""

    def __init__(self):
        pass

    def sample(self, params, seed, stream, count, label):
        return np.full((count, 64, 64, 1), 10 * label, np.uint8)


STATE = Mock(spec=TrainState, sampled_generator=None)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(observer_module, "time", clock)
    return clock


@pytest.fixture
def watched(tmp_path, tiny_settings, clock):
    workdir = Workdir(tmp_path / "run")
    with workdir.locked(), RunLog(workdir.metrics, workdir.tensorboard, 0) as log:
        workdir.samples.mkdir()
        workdir.figures.mkdir()
        progress = create_progress(6, "Training", "steps")
        yield (
            workdir,
            TrainObserver(
                tiny_settings, workdir, create_schedule(tiny_settings, 16), log, FlatSampler(), progress, lambda: None
            ),
        )


def step(observer, clock, number, seconds):
    clock.now += seconds
    observer.on_steps([{"step": number, **dict.fromkeys(METRICS, 0.5)}])


def test_the_pace_leaves_out_compiling_drawing_and_scoring(watched, clock):
    _, observer = watched
    step(observer, clock, 1, 60.0)  # compiles
    assert observer.images_per_second() is None
    step(observer, clock, 2, 2.0)
    step(observer, clock, 3, 2.0)
    clock.now += 100.0
    observer.on_samples(3, STATE)
    observer.on_scores(3, {"fid": 1.0})
    step(observer, clock, 4, 5.0)
    step(observer, clock, 5, 2.0)
    assert observer.images_per_second() == pytest.approx(8 / 2.0)


def test_everything_lands_in_the_workdir(watched, clock):
    workdir, observer = watched
    step(observer, clock, 1, 1.0)
    step(observer, clock, 3, 1.0)
    observer.on_samples(3, STATE)
    observer.on_scores(3, {"fid": 1.0})
    rows = list(read_rows(workdir.metrics))
    assert [(row["step"], row.get("epoch"), row.get("fid")) for row in rows] == [
        (1, 0, None),
        (3, 1, None),
        (3, None, 1.0),
    ]
    assert (workdir.samples / "step_0000003.png").exists()


def test_curves_are_drawn_when_it_is_saved_but_not_so_often_that_it_takes_long(watched, clock, monkeypatch):
    workdir, observer = watched
    drawn = []

    def draw(rows, path, best_step):
        assert path == workdir.figures / "curves.png"
        drawn.append(len(rows))
        clock.now += 1.0

    monkeypatch.setattr(observer_module, "save_curves", draw)
    step(observer, clock, 1, 1.0)
    observer.on_saved(1, is_last=False)
    step(observer, clock, 2, 19.0)
    observer.on_saved(2, is_last=False)  # 19 times what drawing took have passed
    step(observer, clock, 3, 2.0)
    observer.on_saved(3, is_last=False)
    observer.on_saved(3, is_last=True)
    assert drawn == [1, 3, 3]


@pytest.mark.parametrize(("num_classes", "rows"), [(2, 4), (3, 2), (9, 1)])
def test_each_class_has_as_many_rows(tiny_settings, num_classes, rows):
    of_all = tiny_settings.with_overrides({"data.label": "ALL", "model.num_classes": num_classes})
    levels = draw_samples(FlatSampler(), None, of_all)[:, 0, 0, 0]
    np.testing.assert_array_equal(levels, np.repeat(10 * np.arange(num_classes), 8 * rows))
