import numpy as np
import pytest

from dcgan_jax.evaluation.baseline import REPEATS, compute_baselines, divide

DIMS = 4


def draw(count, seed, shift=0.0):
    return np.random.default_rng(seed).normal(size=(count, DIMS)) + shift


def compute(training, held_out, generated, patients=None):
    patients = patients or [str(index) for index in range(len(training))]
    pooled = np.concatenate(generated)
    return compute_baselines(training, patients, held_out, pooled, len(generated[0]), np.random.default_rng(0))


def expect(num_real, num_other, shift=0.0):
    """The mean distance of N(0, I) and N(shift, I) at finite counts, to second order (test_intervals.py)."""
    from_covariances = DIMS * (DIMS + 1) / 4 * (1 / (num_real - 1) + 1 / (num_other - 1))
    return DIMS * shift**2 + DIMS * (1 / num_real + 1 / num_other) + from_covariances


def test_the_papers_counts_leave_341_against_1000():
    baseline = compute(draw(1341, 0), None, [draw(1000, 1)])
    assert (baseline.num_real, baseline.num_other) == (341, 1000)
    assert (baseline.halves.num_real, baseline.halves.num_other) == (671, 670)


def test_halves_when_a_generated_set_would_leave_too_little():
    baseline = compute(draw(100, 0), None, [draw(90, 1)])
    assert (baseline.num_real, baseline.num_other) == (50, 50)
    assert baseline.divisions == REPEATS


def test_a_perfect_generator_scores_at_the_baseline_and_another_above_it():
    perfect = compute(draw(900, 0), None, [draw(300, seed) for seed in range(1, 6)])
    assert perfect.fid == pytest.approx(expect(600, 300), rel=0.5)
    assert 0.6 < perfect.ratio < 1.7
    shifted = compute(draw(900, 0), None, [draw(300, 1, shift=0.4)])
    assert shifted.generated.fid == pytest.approx(expect(600, 300, shift=0.4), rel=0.25)
    assert shifted.ratio == shifted.generated.fid / shifted.fid > 5


def test_held_out_images_have_a_baseline_at_their_own_count():
    baseline = compute(draw(200, 0), draw(40, 9, shift=1.0), [draw(60, 1)]).held_out
    assert (baseline.num_real, baseline.num_other) == (200, 40)
    assert baseline.fid == pytest.approx(expect(200, 40, shift=1.0), rel=0.4)
    assert baseline.generated.fid < 1
    assert compute(draw(200, 0), None, [draw(60, 1)]).held_out is None


def test_there_is_none_for_three_images():
    assert compute(draw(3, 0), None, [draw(5, 1)]) is None


@pytest.mark.parametrize("count", [4, 5, 6, 7])
@pytest.mark.parametrize("size", [2, 3, 4, 5, 6])
def test_the_fewest_images_leave_two_on_either_side(count, size):
    baseline = compute(draw(count, 0), None, [draw(size, 1)])
    assert min(baseline.num_real, baseline.num_other) >= 2


def test_a_score_that_some_divisions_lack_is_left_out():
    """Of four images two of which are the same, some divisions have a reference without any spread."""
    images = draw(4, 0)
    images[1] = images[0]
    baseline = compute(images, None, [draw(2, 1)])
    assert baseline.trace_ratio is None
    assert baseline.fid > 0


def name_patients(*images_of_each):
    return [f"p{patient}" for patient, images in enumerate(images_of_each) for _ in range(images)]


def test_no_patient_is_in_both_parts_where_the_counts_can_be_met():
    patients = name_patients(*[5] * 20, *[1] * 50)
    divisions = divide(patients, 60, np.random.default_rng(0))
    assert divisions.by == "patients"
    assert len(divisions.parts) == REPEATS
    for first, second in divisions.parts:
        assert (len(first), len(second)) == (90, 60)
        assert not {patients[i] for i in first} & {patients[i] for i in second}
        assert len({*first, *second}) == 150
    assert len({frozenset(second) for _, second in divisions.parts}) == REPEATS


def test_images_are_divided_where_few_patients_have_many():
    divisions = divide(name_patients(30, 30, 30), 50, np.random.default_rng(0))
    assert divisions.by == "images"
    assert {(len(first), len(second)) for first, second in divisions.parts} == {(40, 50)}


def test_divisions_of_whole_patients_are_cut_to_equal_counts():
    patients = name_patients(*[3] * 100)  # 100 of 300 are no multiple of 3
    divisions = divide(patients, 100, np.random.default_rng(0))
    assert divisions.by == "patients"
    assert {(len(first), len(second)) for first, second in divisions.parts} == {(201, 99)}


def test_images_of_one_patient_do_not_lower_the_baseline():
    # Five equal images of each of 60 patients: divided by images, both parts would hold nearly the same ones.
    training = draw(60, 0).repeat(5, axis=0)
    baseline = compute(training, None, [draw(100, 1)], name_patients(*[5] * 60))
    assert baseline.divided_by == "patients"
    assert baseline.fid == pytest.approx(expect(40, 20), rel=0.4)
    as_if_independent = compute(training, None, [draw(100, 1)])
    assert as_if_independent.fid < baseline.fid / 2


def test_held_out_images_beyond_the_generated_count_are_chosen_at_random():
    # The first ten are far off; taken in order they alone would be compared.
    held_out = np.concatenate([draw(10, 8, shift=5.0), draw(90, 9)])
    assert compute(draw(50, 0), held_out, [draw(10, 1)]).held_out.fid < 50


def test_held_out_images_leave_the_other_baselines_as_they_are():
    training, generated = draw(60, 0), [draw(20, 1)]
    without, beside = compute(training, None, generated), compute(training, draw(30, 2), generated)
    assert beside.model_copy(update={"held_out": None}) == without


def test_every_measure_of_generated_images_has_that_of_real_ones_beside_it():
    baseline = compute(draw(200, 0), draw(60, 9), [draw(60, 1, shift=3.0)])
    for part in (baseline, baseline.halves, baseline.held_out):
        assert part.precision > 0.6 > 0.1 > part.generated.precision
        assert part.coverage > 0.6 > 0.1 > part.generated.coverage
        assert part.irs > 0.6 > part.generated.irs
        assert part.trace_ratio == pytest.approx(1, abs=0.4)
        assert part.kid < part.generated.kid
        assert 1 < part.vendi <= part.num_other
