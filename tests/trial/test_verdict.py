"""What a comparison is said to support."""

import pytest

from dcgan_jax.trial.record import Comparison
from dcgan_jax.trial.verdict import describe_difference, describe_over_copies
from tests.trial.examples import OVER_COPIES

PRIMARY = Comparison(
    arm="synthetic",
    ratio=1.0,
    fraction=1.0,
    metric="auc",
    difference=0.002,
    interval=(-0.02, 0.024),
    p_value=0.8,
    p_adjusted=1.0,
    p_equivalence=0.3,
    smallest_detectable=0.031,
    primary=True,
    verdict="",
)
SECONDARY = PRIMARY.model_copy(update={"p_equivalence": None, "primary": False})


def describe(comparison, generators=4, **changes):
    margin = 0.01 if comparison.primary else None
    return describe_difference(comparison.model_copy(update=changes), margin, generators)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            "No difference of the area under the ROC curve to real images alone is shown, nor that there is none (+0.",
        ),
        ({"p_equivalence": 0.01}, "is the same as with real images alone to within 0.01"),
        ({"p_value": 0.01, "p_adjusted": 0.06}, "is higher than with real images alone (+0.0020"),
        ({"p_value": 0.04}, "95% interval -0.0200 to +0.0240, p = 0.040)."),
        ({"difference": -0.05, "p_value": 1e-9}, "is lower than with real images alone (-0.0500"),
        ({"p_value": 0.01, "p_equivalence": 0.01}, "p = 0.010), though by less than the margin of 0.01"),
    ],
)
def test_sentences_on_the_primary_endpoint(changes, said):
    assert said in describe(PRIMARY, **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "real images alone is shown (+0.0020, 95% interval -0.0200 to +0.0240, adjusted p = 1.000); this"),
        ({"p_value": 0.01, "p_adjusted": 0.06}, "No difference"),
        ({"p_value": 0.01, "p_adjusted": 0.04}, "is higher than with real images alone"),
        ({"p_value": 1e-9, "p_adjusted": 1e-8}, "adjusted p < 0.001)."),
    ],
)
def test_sentences_on_the_others(changes, said):
    assert said in describe(SECONDARY, **changes)


def test_nothing_shown_names_what_could_have_been():
    assert "would have shown one of 0.0310 four times out of five" in describe(PRIMARY)
    assert "could not have shown any" in describe(PRIMARY, smallest_detectable=None)
    assert "was too small to show any" in describe(PRIMARY, smallest_detectable=1.3)


@pytest.mark.parametrize(
    ("generators", "said"),
    [
        (0, "all synthetic images are of one folder"),
        (1, "one generator made the synthetic images"),
        (3, "3 generators made the synthetic images; how much generators differ is hardly known from fewer than 4"),
    ],
)
def test_few_generators_are_a_warning(generators, said):
    assert f" Warning: {said}" in describe(PRIMARY, generators)


@pytest.mark.parametrize("generators", [None, 4])
def test_enough_generators_are_none(generators):
    assert "Warning" not in describe(PRIMARY, generators)


@pytest.mark.parametrize(
    ("difference", "p_adjusted", "said"),
    [
        (
            0.03,
            0.01,
            "is higher than with as many copies (+0.0300, 95% interval +0.0100 to +0.0500, adjusted p = 0.010)",
        ),
        (-0.03, 0.01, "is lower than with as many copies (-0.0300"),
        (0.03, 0.06, "No difference of the area under the ROC curve to as many copies is shown (+0.0300"),
    ],
)
def test_sentences_on_what_is_added_over_copies(difference, p_adjusted, said):
    row = OVER_COPIES.model_copy(update={"difference": difference, "p_adjusted": p_adjusted})
    assert said in describe_over_copies(row, 4)
    assert "Warning: one generator" in describe_over_copies(row, 1)
