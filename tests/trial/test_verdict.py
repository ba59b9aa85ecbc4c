"""What a comparison is said to support."""

import pytest

from dcgan_jax.trial.verdict import describe_difference

NOTHING = {
    "metric": "auc",
    "difference": 0.002,
    "interval": [-0.02, 0.024],
    "p_value": 0.8,
    "p_adjusted": 1.0,
    "p_equivalence": 0.3,
    "smallest_detectable": 0.031,
    "primary": False,
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "No difference of the area under the ROC curve to real images alone is shown, nor that there is none"),
        ({"p_equivalence": 0.01}, "is the same as with real images alone to within 0.01"),
        ({"p_value": 0.01, "p_adjusted": 0.04}, "is higher than with real images alone (+0.0020"),
        ({"p_value": 0.01, "p_adjusted": 0.06}, "No difference"),
        ({"p_value": 0.01, "p_adjusted": 0.06, "primary": True}, "is higher than"),
        ({"difference": -0.05, "p_adjusted": 0.01}, "is lower than with real images alone (-0.0500"),
        ({"p_adjusted": 0.01, "p_equivalence": 0.01}, "though by less than the margin of 0.01"),
    ],
)
def test_sentences(changes, said):
    assert said in describe_difference(NOTHING | changes, 0.01)


def test_nothing_shown_names_what_could_have_been():
    assert "would have shown one of 0.0310 four times out of five" in describe_difference(NOTHING, 0.01)
