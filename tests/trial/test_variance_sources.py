"""What the intervals of a trial are said to be over."""

import pytest

from dcgan_jax.settings import TrialSettings
from dcgan_jax.trial.arms import Arm
from dcgan_jax.trial.synthetic_folder import SyntheticSource
from dcgan_jax.trial.variance_sources import (
    count_generators,
    count_independent,
    describe_variance_sources,
    generators_by_arm,
    warn_of_few_generators,
)

ARMS = [Arm("real", 0.0, 1.0), Arm("synthetic", 1.0, 1.0), Arm("synthetic_all", 1.0, 0.1)]
LABELS = ["NORMAL", "PNEUMONIA"]


class Source(SyntheticSource):
    """A source of as many generators of each class."""

    def __init__(self, generators):
        self.generators = generators

    def count_generators(self, label, fraction):
        return self.generators[label]


def count(generators, draws):
    return count_generators(ARMS, Source(generators), TrialSettings(generator_seeds=draws), "NORMAL", LABELS)


def test_each_class_and_fraction_that_an_arm_needs_is_counted():
    rows = count({"NORMAL": 3, "PNEUMONIA": 1}, draws=2)
    assert [(row.label, row.fraction, row.generators) for row in rows] == [
        ("NORMAL", 1.0, 2),  # two draws meet two of the three
        ("NORMAL", 0.1, 2),
        ("PNEUMONIA", 0.1, 1),
    ]
    assert count_generators(ARMS[:1], None, TrialSettings(generator_seeds=2), "NORMAL", LABELS) == []


@pytest.mark.parametrize(
    ("generators", "draws", "said"),
    [
        (1, 2, "for synthetic images 2 latent draws of one generator, and nothing is said of one trained anew"),
        (1, 1, "one latent draw of one generator"),
        (2, 2, "for synthetic images 2 generators, each trained anew."),
        (2, 3, "3 latent draws of 2 generators, those of each averaged"),
        (0, 2, "2 choices among the images of one folder, and nothing is said of another generator"),
    ],
)
def test_what_generator_seeds_are(generators, draws, said):
    sentence = describe_variance_sources(count(dict.fromkeys(LABELS, generators), draws), seeds=3)
    assert sentence.startswith("Intervals and tests are over test patients; 3 classifier seeds; ")
    assert said in sentence


def test_classes_with_other_numbers_of_generators_are_told_apart():
    sentence = describe_variance_sources(count({"NORMAL": 2, "PNEUMONIA": 1}, draws=2), seeds=1)
    assert "one classifier seed (nothing is said of others)" in sentence
    assert "for synthetic NORMAL at fraction 0.1 2 generators" in sentence
    assert "for synthetic PNEUMONIA at fraction 0.1 2 latent draws of one generator" in sentence


def test_few_generators_are_a_note_with_the_remedy():
    (note,) = warn_of_few_generators(count({"NORMAL": 4, "PNEUMONIA": 1}, draws=4), split_seed=7)
    assert note.startswith("Generators are few (1 of PNEUMONIA at fraction 0.1)")
    assert "other config.seed and config.data.split_seed=7" in note
    assert warn_of_few_generators(count(dict.fromkeys(LABELS, 4), draws=4), 7) == []
    assert warn_of_few_generators(count(dict.fromkeys(LABELS, 0), draws=4), 7) == []  # a folder; the verdict says it


def test_generators_of_an_arm_are_those_of_its_classes():
    counts = count({"NORMAL": 3, "PNEUMONIA": 1}, draws=4)
    assert generators_by_arm(ARMS, counts, "NORMAL", LABELS) == {ARMS[0]: [], ARMS[1]: [3], ARMS[2]: [3, 1]}


@pytest.mark.parametrize(("generators", "independent"), [([], 0), ([0], 0), ([1, 1], 0), ([3, 1], 3), ([4, 2], 2)])
def test_seeds_take_turns_among_generators(generators, independent):
    assert count_independent(generators) == independent
