import numpy as np
import pytest

from dcgan_jax.memorization.assessment import assess_memorization
from dcgan_jax.memorization.perturbed_duplicates import CHANGES, create_duplicates
from dcgan_jax.memorization.record import NOT_ASSESSABLE
from dcgan_jax.memorization.reference import MIN_IMAGES, Views

SIZE, DIMS = 32, 16


def draw_views(count, seed, patients_of=1):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, 8, 8, 1), np.uint8)
    images = coarse.repeat(SIZE // 8, axis=1).repeat(SIZE // 8, axis=2)
    return Views(
        rng.normal(size=(count, DIMS)),
        images,
        patients=tuple(f"p{seed}-{index // patients_of}" for index in range(count)),
        files=tuple(f"{seed}/{index}.jpeg" for index in range(count)),
    )


def join(*views):
    return Views(np.concatenate([v.features for v in views]), np.concatenate([v.images for v in views]))


def take(views, positions, features=True, images=True):
    """Copies in one space or both; elsewhere drawn anew."""
    fresh = draw_views(len(positions), 99)
    return Views(
        views.features[positions] if features else fresh.features,
        views.images[positions] if images else fresh.images,
    )


def assess(generated, training, held_out, duplicates=None):
    return assess_memorization(generated, training, held_out, duplicates or {})


def test_copies_are_found_and_named_whichever_space_shows_them():
    training, fresh = draw_views(80, 0), draw_views(30, 1)
    generated = join(fresh, take(training, [7], images=False), take(training, [9], features=False))
    section = assess(generated, training, draw_views(100, 2))
    found = {pair.generated: (pair.training, pair.file, pair.space) for pair in section.found}
    assert found[30] == (7, "0/7.jpeg", "features")
    assert found[31] == (9, "0/9.jpeg", "pixels")
    assert {pair.generated for pair in section.closest[:2]} == {30, 31}
    assert len(section.closest) == 10
    assert section.memorised_share == len(section.found) / 32 <= 5 / 32
    assert section.highest_similarity.generated == pytest.approx(1.0)
    assert section.highest_similarity.held_out < 0.8


def test_a_generator_that_draws_from_the_population_is_found_as_rarely_as_held_out_patients():
    section = assess(draw_views(300, 1), draw_views(50, 0), draw_views(300, 2))
    assert section.memorised_share < 0.06  # 1% in each of two spaces, and the spread of a percentile
    assert all(share < 0.04 for share in section.memorised_share_by_space.values())
    assert section.false_positive_rate < 0.06
    low, high = section.false_positive_interval
    assert low <= section.false_positive_rate <= high
    low, high = section.memorised_share_interval
    assert low <= section.memorised_share <= high <= section.expected_share.highest + 0.06


def test_false_positives_are_as_frequent_as_what_they_estimate():
    rates = [
        assess(draw_views(1, 1), draw_views(40, 0), draw_views(120, seed)).false_positive_rate for seed in range(2, 8)
    ]
    assert np.mean(rates) == pytest.approx(0.02, abs=0.01)


def test_without_enough_images_it_is_not_assessable_and_never_zero():
    training = draw_views(MIN_IMAGES - 1, 0)
    for held_out in (None, draw_views(3, 2), draw_views(MIN_IMAGES, 2, patients_of=MIN_IMAGES)):
        section = assess(take(training, [1, 2]), training, held_out)
        assert section.memorised_share == NOT_ASSESSABLE
        assert "data.holdout" in section.reason
        assert section.compared_with is None
        assert section.num_held_out == (0 if held_out is None else len(held_out))
        assert section.closest[0].training in (1, 2)


def test_training_images_of_one_patient_have_nobody_to_be_compared_with():
    training = draw_views(100, 0, patients_of=100)
    section = assess(take(training, [1]), training, None)
    assert section.memorised_share == NOT_ASSESSABLE
    assert "of one patient" in section.reason


def test_few_held_out_images_find_copies_and_say_how_coarsely():
    training, fresh = draw_views(80, 0), draw_views(38, 1)
    generated = join(fresh, take(training, [7], images=False), take(training, [9], features=False))
    section = assess(generated, training, draw_views(24, 2))
    assert {38, 39} <= {pair.generated for pair in section.found}
    assert (section.compared_with, section.num_compared, section.num_compared_patients) == ("held_out", 24, 24)
    # The smallest of 24: a further one is below it with probability 1/25, in each of two spaces.
    assert section.expected_share.expected == pytest.approx(2 / 25)
    assert section.expected_share.highest > 0.3
    assert any(f"{section.expected_share.highest:.0%} of the images" in warning for warning in section.warnings)


def test_without_held_out_images_those_of_other_patients_set_the_threshold():
    training, fresh = draw_views(120, 0, patients_of=2), draw_views(38, 1)
    generated = join(fresh, take(training, [7], images=False), take(training, [9], features=False))
    section = assess(generated, training, None)
    assert {38, 39} <= {pair.generated for pair in section.found}
    assert (section.compared_with, section.num_compared, section.num_compared_patients) == (
        "training_patients",
        120,
        60,
    )
    assert section.expected_share.expected == pytest.approx(2 / 61)  # patients count, not images
    assert section.highest_similarity.held_out is None
    assert any("60 patients" in warning for warning in section.warnings)


def test_a_generator_like_other_patients_is_found_at_the_stated_rate_without_held_out_images():
    shares = [assess(draw_views(50, seed), draw_views(60, 0), None).memorised_share for seed in range(1, 9)]
    assert np.mean(shares) <= 0.1  # 2 / 61 are expected, and all share the thresholds of one training set


def test_held_out_images_that_are_training_images_do_not_hide_a_copier():
    training = draw_views(60, 0)
    patients = tuple(f"other{index}" for index in range(len(training)))
    section = assess(training, training, Views(training.features, training.images, patients=patients))
    assert section.compared_with == "training_patients"
    assert section.memorised_share == 1.0


def test_the_rate_at_which_perturbed_duplicates_are_found_is_measured():
    training, held_out = draw_views(60, 0), draw_views(100, 2)
    copies = create_duplicates(training.images[:20], np.random.default_rng(0))
    duplicates = {name: Views(draw_views(20, 5).features, images) for name, images in copies.items()}
    duplicates["strangers"] = draw_views(20, 6)
    section = assess(draw_views(10, 1), training, held_out, duplicates)
    rates = {name: found.rate for name, found in section.sensitivity.items()}
    assert all(rates[name] >= 0.9 for name in ("unchanged", "contrast", "noisy", "blurred"))
    assert all(rates[name] >= 0.9 for name in ("shifted_far", "cropped", "rotated"))
    assert rates["strangers"] <= 0.2
    assert section.lowest_sensitivity.name == min(rates, key=rates.get)
    assert section.lowest_sensitivity.rate == min(rates.values())
    assert section.sensitivity["unchanged"].interval[1] == 1.0
    assert section.sensitivity["noisy"].change == CHANGES["noisy"]


def test_duplicates_between_held_out_and_training_are_reported():
    training = draw_views(50, 0)
    unseen, same = draw_views(100, 2), take(training, [3])
    both = join(unseen, same)
    held_out = Views(both.features, both.images, patients=(*unseen.patients, "other"))
    section = assess(draw_views(10, 1), training, held_out)
    assert any("1 held-out images equal a training image" in warning for warning in section.warnings)
    assert min(section.thresholds.values()) > 0.01


def test_says_that_it_is_no_proof():
    assert "not proof" in assess(draw_views(3, 1), draw_views(9, 0), None).note
