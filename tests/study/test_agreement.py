import numpy as np
import pytest

from dcgan_jax.study.agreement import compute_fleiss_kappa, compute_repeat_kappa

_ROWS = (
    "00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031 "
    "00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"
)
FLEISS_1971 = np.array([[int(digit) for digit in row] for row in _ROWS.split()])
"""30 patients, 6 psychiatrists, 5 diagnoses (Fleiss, Psychological Bulletin 76, 1971, Table 1)."""


def test_fleiss_1971():
    result = compute_fleiss_kappa(FLEISS_1971)
    assert result.kappa == pytest.approx(0.430, abs=5e-4)
    assert result.share == pytest.approx(0.556, abs=5e-4)  # mean agreement, printed there
    low, high = result.interval
    assert low < 0.43 < high


def test_all_agree():
    counts = np.array([[3, 0], [0, 3], [3, 0], [0, 3]])
    result = compute_fleiss_kappa(counts)
    assert (result.kappa, result.interval, result.share) == (1, (1, 1), 1)


def test_agreement_of_who_always_say_the_same_is_unknown():
    result = compute_fleiss_kappa(np.array([[3, 0]] * 4))
    assert result.kappa is None
    assert result.share == 1


def test_a_reader_with_themselves_by_hand():
    """Of ten answers eight agree; the marginals, 5 of 10 both times, would give 5: (0.8 - 0.5) / 0.5."""
    first = np.repeat([1, 0], 5)
    second = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 1])
    result = compute_repeat_kappa(first, second)
    assert (result.kappa, result.share, result.images) == (pytest.approx(0.6), pytest.approx(0.8), 10)


def test_no_repeats():
    assert compute_repeat_kappa(np.zeros(0, int), np.zeros(0, int)).kappa is None
