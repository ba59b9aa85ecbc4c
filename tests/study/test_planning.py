import math

import numpy as np
import pytest
from scipy import stats

from dcgan_jax.study.multireader import combine, measure_accuracy
from dcgan_jax.study.plan import PLAN
from dcgan_jax.study.planning import expected_half_width
from tests.refusals import refused
from tests.study.null_studies import draw_study
from tests.study.studies import make_study


@pytest.mark.parametrize(("readers", "published"), [(3, 0.08), (5, 0.06)])
def test_the_standard_errors_are_the_published_ones(readers, published):
    """Three readers of 200 images reach about 8 points either way, five about 6, by a normal distribution."""
    reader, case = 0.06**2, 0.15**2 / 200
    error = math.sqrt((reader + (0.25 - 0.15**2) / 200) / readers + case)
    assert 1.96 * error == pytest.approx(published, abs=0.005)
    hillis = (error**2 * readers) ** 2 / ((error**2 - case) * readers) ** 2 * (readers - 1)
    freedom = hillis if readers > 3 else readers - 1
    assert expected_half_width(readers, 200) == pytest.approx(stats.t.ppf(0.975, freedom) * error)


def test_studies_come_out_as_wide_as_expected():
    rng = np.random.default_rng(0)
    halves = []
    for _ in range(200):
        ratings, truth = draw_study(8, 200, rng)
        low, high = combine(measure_accuracy((ratings > 0) == truth, truth)).interval()
        halves.append((high - low) / 2)
    assert np.mean(halves) == pytest.approx(expected_half_width(8, 200), rel=0.1)


def test_more_readers_and_more_images_give_narrower_intervals():
    widths = [expected_half_width(readers, images) for readers, images in ((3, 40), (3, 400), (6, 400), (40, 400))]
    assert widths == sorted(widths, reverse=True)


def test_one_reader_has_the_interval_of_a_share():
    assert expected_half_width(1, 100) == pytest.approx(1.959964 * 0.05)


def test_a_study_whose_plan_is_missing_is_left_as_it_is(tmp_path):
    """Its answers and its key may be there: planning anew would remove them."""
    make_study(tmp_path / "study")
    held = {path.name for path in (tmp_path / "study").iterdir()}
    (tmp_path / "study" / PLAN).unlink()
    with refused(path=tmp_path / "study"):
        make_study(tmp_path / "study")
    assert {path.name for path in (tmp_path / "study").iterdir()} == held - {PLAN}


def test_only_its_owner_may_read_a_study(tmp_path):
    (tmp_path / "study.partial-0a").mkdir()  # as a killed process leaves it
    make_study(tmp_path / "study")
    assert [path.name for path in tmp_path.iterdir()] == ["study"]
    assert (tmp_path / "study").stat().st_mode & 0o777 == 0o700
