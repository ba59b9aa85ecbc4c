"""What a comparison is said to support."""

import pytest

from dcgan_jax.trial.verdict import describe_difference

PRIMARY = {
    "metric": "auc",
    "difference": 0.002,
    "interval": [-0.02, 0.024],
    "p_value": 0.8,
    "p_adjusted": 1.0,
    "p_equivalence": 0.3,
    "smallest_detectable": 0.031,
    "primary": True,
}
SECONDARY = PRIMARY | {"p_equivalence": None, "primary": False}


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
    assert said in describe_difference(PRIMARY | changes, 0.01)


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
    assert said in describe_difference(SECONDARY | changes, None)


def test_nothing_shown_names_what_could_have_been():
    assert "would have shown one of 0.0310 four times out of five" in describe_difference(PRIMARY, 0.01)
    assert "could not have shown any" in describe_difference(PRIMARY | {"smallest_detectable": None}, 0.01)
    assert "was too small to show any" in describe_difference(PRIMARY | {"smallest_detectable": 1.3}, 0.01)
