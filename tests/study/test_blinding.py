"""Nothing but the picture tells a real image from a generated one."""

import numpy as np
import pytest

from dcgan_jax.settings import StudySettings
from tests.study.format_leaks import collect, measure_leak
from tests.study.studies import make_material, make_study, serving, sign_in
from tests.study.test_server import begin


@pytest.fixture(scope="module")
def sessions():
    return collect(images=30, readers=4)


def test_all_of_a_response_but_its_picture_and_name_is_the_same(sessions):
    features, _ = sessions
    rows = np.concatenate(features)
    constant = [0, 1, 2, 3, *range(-7, 0)]  # sizes, headers, gray levels and border; not time, place and name
    assert (rows[:, constant] == rows[0, constant]).all()


def test_a_classifier_learns_nothing(sessions):
    """The whole campaign of 200 images of each kind: `python -m tests.study.format_leaks`."""
    assert np.mean(measure_leak(*sessions)) == pytest.approx(0.5, abs=0.15)


def test_it_would_learn_from_images_that_are_served_as_they_are(sessions):
    """The check can fail: the same classifier finds out by the gray levels of images before they are made alike."""
    material = make_material(StudySettings(images=30))
    images = np.concatenate([material.real, material.generated])
    features = np.array([[len(np.unique(image)), image.min(), image.max(), image[0].mean()] for image in images])
    kinds = np.arange(60) >= 30
    assert measure_leak([features], [kinds])[0] > 0.9


def test_neither_seed_nor_place_of_an_image_says_what_it_is(tmp_path):
    """Two studies of the same seed number their images differently, and show them in other orders."""
    for name in ("a", "b"):
        make_study(tmp_path / name, images=20)
    first, second = ((tmp_path / name / "key.json").read_text() for name in ("a", "b"))
    assert first != second
    assert sorted(first) == sorted(second)
    assert (tmp_path / "a" / "key.json").stat().st_mode & 0o077 == 0 or (tmp_path / "a").stat().st_mode & 0o077 == 0


def test_pages_do_not_say_how_many_are_generated(tmp_path):
    _, codes = make_study(tmp_path / "study", images=6, generated_share=0.25)
    with serving(tmp_path / "study") as address:
        client = sign_in(address, codes[1])
        text = client.get("/study").text
        current = begin(client)
    assert current["of"] == 15  # 12 images, 3 of them twice
    assert "0.25" not in text
    assert "25%" not in text
