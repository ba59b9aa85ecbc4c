"""What makes two trials different ones, beside what test_record.py says of older plans."""

import pytest

from dcgan_jax.trial.arms import Arm
from dcgan_jax.trial.plan import create_plan


@pytest.fixture
def plan(halved_settings, halved_split):
    def create(**fields):
        settings = halved_settings.with_overrides({name.replace("__", "."): value for name, value in fields.items()})
        return create_plan(settings, halved_split, None, "PNEUMONIA", [Arm("real", 0.0, 1.0)])

    return create


@pytest.mark.parametrize(
    ("select", "expected"), [("coverage", ["config.eval.dims", "config.eval.preprocess"]), ("logit", []), ("", [])]
)
def test_what_features_are_made_by_counts_where_images_are_selected_with_them(plan, select, expected):
    begun = plan(trial__select=select)
    assert plan(trial__select=select, eval__dims=2048, eval__preprocess="pillow").differences(begun) == expected


def test_fields_that_the_protocol_overrules_make_no_other_trial(plan):
    paper = {"trial__select": "coverage", "eval__protocol": "paper"}
    assert plan(**paper, eval__dims=2048).differences(plan(**paper)) == []
