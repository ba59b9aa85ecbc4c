"""Which candidate becomes a synthetic image."""

import jax
import numpy as np
import pytest
from scipy.spatial.distance import cdist

from dcgan_jax.data.pipeline import to_float
from dcgan_jax.runs.run import open_run
from dcgan_jax.trial.selection import choose_by_coverage, choose_by_logit, compute_logits, find_nearest
from tests.refusals import refused


def test_the_highest_logit_of_each_group_is_chosen():
    assert choose_by_logit(np.array([[0.1, 0.3, -2.0], [5.0, 4.0, 4.9]])).tolist() == [1, 3]


def test_candidates_spread_over_the_real_images():
    nearest = np.array([[7, 2], [7, 2], [7, 2], [7, 7]])
    distances = np.array([[0.5, 0.1], [0.5, 0.1], [0.3, 0.2], [0.9, 0.8]])
    # First the closest (of 2); then 7, which has none; then both have one, and 2 is closer; then the closer one of 7.
    assert choose_by_coverage(nearest, distances).tolist() == [1, 2, 5, 7]


def test_the_first_choices_do_not_depend_on_what_follows():
    rng = np.random.default_rng(0)
    nearest, distances = rng.integers(0, 5, (20, 3)), rng.random((20, 3))
    every = choose_by_coverage(nearest, distances)
    assert choose_by_coverage(nearest[:8], distances[:8]).tolist() == every[:8].tolist()


def test_the_nearest_real_image_is_found():
    rng = np.random.default_rng(0)
    images, real = rng.normal(size=(6, 4)), rng.normal(size=(9, 4))
    nearest, squares = find_nearest(images, real, candidates=3)
    expected = cdist(images, real, "sqeuclidean")
    assert nearest.tolist() == expected.argmin(axis=1).reshape(2, 3).tolist()
    np.testing.assert_allclose(squares, expected.min(axis=1).reshape(2, 3))


def test_logits_are_those_of_the_discriminator(finished_run):
    run = open_run(finished_run)
    images = np.random.default_rng(0).integers(0, 256, (70, 64, 64, 1), np.uint8)  # one batch and a part of another
    expected = [
        run.recipe.discriminator.apply({"params": run.state.discriminator}, to_float(jax.numpy.asarray(part)))
        for part in (images[:64], images[64:])
    ]
    found = compute_logits(run, "NORMAL", images)
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-4, atol=1e-5)
    assert np.ptp(found) > 0


@pytest.mark.parametrize(
    ("overrides", "rule"),
    [({"trial.arms": ("selected",)}, ""), ({"trial.select": "logit", "trial.synthetic_dir": "/images"}, "logit")],
    ids=["no rule", "a folder"],
)
def test_a_choice_that_cannot_be_made_is_refused(tiny_settings, overrides, rule):
    with refused(field="config.trial.select", value=rule):
        tiny_settings.with_overrides(overrides)
