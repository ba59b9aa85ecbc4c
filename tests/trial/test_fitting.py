"""Training classifiers: they learn, they repeat, and one program for several gives what one for each gives."""

import dataclasses

import jax
import numpy as np
import pytest

from dcgan_jax.settings import TrialSettings
from dcgan_jax.trial.fitting import EVALUATIONS, Task, Trainer, _class_weights

RECIPE = TrialSettings(steps=20, batch_size=8, learning_rate=3e-3, base_channels=8)


@pytest.fixture(scope="module")
def images():
    """Dark and bright noise: 24 images whose first 12 are the dark ones."""
    rng = np.random.default_rng(0)
    levels = np.repeat([90, 150], 12)[:, None, None, None]
    return np.clip(rng.normal(levels, 40, (24, 32, 32, 1)), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def trainer(images):
    return Trainer(RECIPE, images, images[2::4], np.repeat([0, 1], 3))


def task(**overrides):
    pool = np.arange(24)
    return Task(**{"pool": pool, "labels": (pool >= 12).astype(np.float32), "seed": 0} | overrides)


@pytest.fixture(scope="module")
def fit(trainer):
    return trainer.fit([task()])[0]


def test_it_learns(trainer, fit, images):
    probabilities = trainer.predict(fit.params, images)
    assert probabilities[:12].max() < probabilities[12:].min()
    assert fit.curve[-1][1] < fit.curve[0][1]


def test_the_state_kept_is_the_last_of_the_best(fit):
    assert [step for step, _, _ in fit.curve] == list(range(2, 21, 20 // EVALUATIONS))
    best = max(area for _, _, area in fit.curve)
    assert fit.step == max(step for step, _, area in fit.curve if area == best)


def test_the_same_seed_gives_the_same_classifier_and_another_one_does_not(trainer, fit):
    counts: list[int] = []
    (again,), (other,) = trainer.fit([task()], counts.append), trainer.fit([task(seed=1)])
    assert sum(counts) == RECIPE.steps
    assert all(map(np.array_equal, jax.tree.leaves(again.params), jax.tree.leaves(fit.params)))
    assert not np.array_equal(other.params["stem"]["kernel"], fit.params["stem"]["kernel"])


def test_several_in_one_program_come_out_as_one_by_one(images):
    trainer = Trainer(RECIPE.model_copy(update={"steps": 3}), images, images[2::4], np.repeat([0, 1], 3))
    part = np.arange(4, 20)
    tasks = [
        task(is_augmented=True),
        Task(part, (part >= 12).astype(np.float32), seed=1, is_augmented=True, is_weighted=True),
    ]
    for alone, together in zip([trainer.fit([one])[0] for one in tasks], trainer.fit(tasks), strict=True):
        np.testing.assert_allclose([loss for _, loss, _ in alone.curve], [loss for _, loss, _ in together.curve], 1e-4)


def test_weighted_classes_count_alike():
    """Three negative images and one positive: 4 / (2 * 3) and 4 / (2 * 1)."""
    labels = np.array([0, 0, 0, 1], np.float32)
    weighted = Task(np.arange(4), labels, seed=0, is_weighted=True)
    np.testing.assert_allclose(_class_weights(weighted), [2 / 3, 2])
    np.testing.assert_allclose(_class_weights(dataclasses.replace(weighted, is_weighted=False)), [1, 1])


def test_probabilities_do_not_depend_on_how_many_images_there_are(trainer, fit, images):
    many = trainer.predict(fit.params, np.concatenate([images] * 11))
    np.testing.assert_allclose(many[240:], trainer.predict(fit.params, images), atol=1e-6)
