"""The classifier two-sample test: it finds what differs and nothing where nothing does."""

import numpy as np

from dcgan_jax.settings import TrialSettings
from dcgan_jax.trial.record import TwoSampleTest
from dcgan_jax.trial.two_sample import SHARES, compute_two_sample_test, divide_patients

RECIPE = TrialSettings(steps=20, batch_size=8, learning_rate=3e-3, base_channels=8)
PATIENTS = [f"patient{index // 2}" for index in range(80)]


def draw(level, seed):
    rng = np.random.default_rng(seed)
    return np.clip(rng.normal(level, 40, (80, 32, 32, 1)), 0, 255).astype(np.uint8)


def test_brighter_images_are_told_apart_on_other_patients():
    """Twelve patients and twelve synthetic images are tested with: all right has a probability of 2^-24."""
    found = compute_two_sample_test(RECIPE, draw(90, 0), PATIENTS, draw(150, 1), seed=0)
    assert found == TwoSampleTest(auc=1.0, accuracy=1.0, p_value=0.5**24, images=24)


def test_images_of_one_kind_are_not():
    found = compute_two_sample_test(RECIPE, draw(120, 0), PATIENTS, draw(120, 1), seed=0)
    assert found.p_value > 0.01
    assert 0.1 < found.auc < 0.9


def test_patients_stay_together():
    parts = divide_patients(PATIENTS, np.random.default_rng(0))
    owners = [{PATIENTS[position] for position in part} for part in parts]
    assert [len(own) for own in owners] == [round(40 * share) for share in SHARES]
    assert len(set.union(*owners)) == 40
    assert sorted(np.concatenate(parts).tolist()) == list(range(80))


def test_too_few_patients_for_a_test():
    assert compute_two_sample_test(RECIPE, draw(90, 0), ["one"] * 80, draw(90, 1), seed=0) is None
