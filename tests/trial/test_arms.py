"""Which images each arm trains on."""

import numpy as np
import pytest

from dcgan_jax.settings import ARMS
from dcgan_jax.trial.arms import (
    Arm,
    Unit,
    create_task,
    group_positions,
    list_arms,
    list_units,
    repeats_reference,
)

REAL = {"NORMAL": np.array([0, 1, 2, 3]), "PNEUMONIA": np.array([4, 5, 6, 7, 8, 9])}


def synthetic(arm, label, generator_seed, count):
    first = 1000 * arm.kind.is_selected + {"NORMAL": 100, "PNEUMONIA": 200}[label] + 20 * generator_seed
    return np.arange(first, first + count)


def task(name, ratio=0.0, seed=0, generator_seed=0):
    unit = Unit(Arm(name, ratio, 1.0), seed, generator_seed)
    return create_task(unit, REAL, synthetic, "NORMAL", "PNEUMONIA")


@pytest.fixture
def trial(tiny_settings):
    overrides = {"ratios": (1.0, 0.5), "fractions": (1.0, 0.1), "seeds": 3, "generator_seeds": 2}
    return tiny_settings.with_overrides({f"trial.{name}": value for name, value in overrides.items()}).trial


def test_an_arm_is_asked_for_by_its_name(trial):
    assert trial.model_validate({"arms": list(ARMS), "select": "logit"}).arms == tuple(ARMS)


@pytest.mark.parametrize("name", ["real", "classical", "weighted"])
def test_arms_without_further_images(name):
    own = task(name)
    assert own.pool.tolist() == list(range(10))
    assert own.labels.tolist() == [0] * 4 + [1] * 6
    assert (own.is_augmented, own.is_weighted) == (name == "classical", name == "weighted")


@pytest.mark.parametrize(
    ("name", "normal", "repeats"), [("weighted", 3, True), ("weighted", 2, False), ("classical", 3, False)]
)
def test_weights_of_equal_sides_repeat_the_reference(name, normal, repeats):
    labels = ["NORMAL"] * normal + ["PNEUMONIA"] * 3
    assert repeats_reference(Arm(name, 0.0, 1.0), labels, "PNEUMONIA") == repeats


@pytest.mark.parametrize("name", ["synthetic", "both"])
def test_synthetic_images_of_the_rare_class(name):
    own = task(name, ratio=0.5, generator_seed=1)
    assert own.pool.tolist() == [*range(10), 120, 121]
    assert own.labels.tolist() == [0] * 4 + [1] * 6 + [0, 0]
    assert own.is_augmented == (name == "both")


def test_selected_images_are_others_than_synthetic_ones():
    assert task("selected", ratio=0.5).pool.tolist() == [*range(10), 1100, 1101]


def test_as_many_copies_as_synthetic_images_and_each_as_often_as_another():
    own = task("duplicated", ratio=1.5)
    copies = own.pool[10:]
    assert len(copies) == 6
    assert set(np.bincount(copies, minlength=4)) == {1, 2}
    assert own.labels[10:].tolist() == [0] * 6
    assert task("duplicated", ratio=1.5, seed=1).pool.tolist() != own.pool.tolist()


def test_synthetic_images_of_all_classes():
    own = task("synthetic_all", ratio=0.5)
    assert own.pool.tolist() == [*range(10), 100, 101, 200, 201, 202]
    assert own.labels.tolist() == [0] * 4 + [1] * 6 + [0, 0, 1, 1, 1]


def test_synthetic_images_alone():
    own = task("synthetic_only", ratio=1.0)
    assert own.pool.tolist() == [100, 101, 102, 103, 200, 201, 202, 203, 204, 205]


def test_arms_come_at_every_fraction_and_ratio_with_the_reference_always(trial):
    arms = list_arms(trial, ["synthetic", "classical"])
    assert [(arm.name, arm.ratio, arm.fraction) for arm in arms] == [
        (name, ratio, fraction)
        for fraction in (1.0, 0.1)
        for name, ratio in (("real", 0.0), ("classical", 0.0), ("synthetic", 1.0), ("synthetic", 0.5))
    ]


def test_every_classifier_seed_meets_every_generator_seed(trial):
    units = list_units(Arm("synthetic", 1.0, 1.0), trial)
    assert {(unit.seed, unit.generator_seed) for unit in units} == {(s, g) for s in range(3) for g in range(2)}
    assert len(list_units(Arm("duplicated", 1.0, 1.0), trial)) == 3


def test_names_of_classifiers_are_their_own(trial):
    names = [unit.name for arm in list_arms(trial, ARMS) for unit in list_units(arm, trial)]
    assert len(set(names)) == len(names)


def test_positions_by_class():
    groups = group_positions(["B", "A", "B"])
    assert {name: own.tolist() for name, own in groups.items()} == {"A": [1], "B": [0, 2]}
