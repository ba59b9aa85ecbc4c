"""Numbers as people write them, by hand."""

import pytest

from dcgan_jax.report.numbers import show, show_p, show_range, show_seconds, show_shares, show_signed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),  # noqa: RUF001
        (0, "0"),
        (6.1449, "6.14"),
        (0.9996, "1.00"),
        (-0.00813, "\N{MINUS SIGN}0.00813"),
        (0.000_123_45, "0.000123"),
        (0.000_012_345, "1.23e\N{MINUS SIGN}5"),
        (99.96, "100"),
        (123.4, "123"),
        (12_345.6, "12,346"),
    ],
)
def test_three_digits_and_an_exponent_only_where_it_is_read_more_easily(value, text):
    assert show(value) == text


def test_intervals_differences_and_p_values():
    assert show_range(5.06, 6.058) == "5.06 to 6.06"
    assert show_range(None, 1.0) == show_shares(0.5, None) == ""
    assert show_shares(0.0, 0.142) == "0.0% to 14.2%"
    assert (show_signed(0.0007), show_signed(-0.008)) == ("+0.0007", "\N{MINUS SIGN}0.0080")
    assert (show_p(0.0004), show_p(0.92)) == ("< 0.001", "0.920")


@pytest.mark.parametrize(
    ("seconds", "text"), [(12.3, "12 s"), (600, "10 min"), (3 * 3600, "3.0 h"), (3 * 86400, "3.0 days")]
)
def test_durations_have_the_unit_that_people_use(seconds, text):
    assert show_seconds(seconds) == text
