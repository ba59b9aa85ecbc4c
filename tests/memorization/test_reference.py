import numpy as np

from dcgan_jax.memorization.reference import Views, choose_reference, find


def draw(count, patients, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 8, 8, 1), np.uint8).repeat(4, axis=1).repeat(4, axis=2)
    return Views(rng.normal(size=(count, 8)), images, patients=patients)


def test_a_training_image_is_compared_with_all_images_of_other_patients_and_none_of_its_own():
    patients = tuple("abcde"[number % 5] for number in range(40))  # eight images each, in turns
    training = draw(40, patients)
    reference, _ = choose_reference(training, None)
    assert (reference.kind, reference.neighbors, reference.num_independent) == ("training_patients", 32, 5)
    for row in (0, 17, 39):
        others = [place for place in range(40) if patients[place] != patients[row]]
        rest = Views(training.features[others], training.images[others])
        alone = find(Views(training.features[[row]], training.images[[row]]), rest, 32)
        for space, expected in alone.items():
            assert reference.nearest[space].position[row] == others[expected.position[0]]
            np.testing.assert_allclose(reference.nearest[space].relative[row], expected.relative[0])


def test_duplicated_files_of_two_patients_set_no_threshold():
    unlike = draw(40, tuple(map(str, range(40))))
    twice = Views(
        np.concatenate([unlike.features, unlike.features[:1]]),
        np.concatenate([unlike.images, unlike.images[:1]]),
        patients=(*unlike.patients, "other"),
    )
    reference, _ = choose_reference(twice, None)
    assert (reference.num_same, reference.num_independent) == (2, 39)


def test_twenty_held_out_images_come_before_training_images():
    training = draw(40, tuple(map(str, range(40))))
    assert choose_reference(training, draw(20, tuple(f"h{n}" for n in range(20)), 1))[0].kind == "held_out"
    assert choose_reference(training, draw(19, tuple(f"h{n}" for n in range(19)), 1))[0].kind == "training_patients"
