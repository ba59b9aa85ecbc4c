import numpy as np

from dcgan_jax.evaluation.protocol import resolve_protocol, stretch_contrast
from dcgan_jax.inception.preprocess import Preprocess
from tests.refusals import refused


def resolve(tiny_settings, **fields):
    return resolve_protocol(tiny_settings.with_overrides({f"eval.{name}": fields[name] for name in fields}).eval)


def test_the_paper_is_1341_against_1000_at_768_whatever_the_fields_say(tiny_settings):
    protocol = resolve(tiny_settings, protocol="paper", dims=2048, num_samples=50, preprocess="clean")
    assert (protocol.num_real, protocol.num_generated, protocol.dims) == (1341, 1000, 768)
    assert protocol.preprocess == Preprocess("pillow", "bicubic")


def test_the_papers_filter_and_stretch_are_a_choice(tiny_settings):
    protocol = resolve(tiny_settings, protocol="paper", resize_filter="nearest", stretch=True)
    assert protocol.preprocess == Preprocess("pillow", "nearest")
    assert protocol.stretch


def test_the_default_follows_the_fields(tiny_settings):
    protocol = resolve(tiny_settings, dims=192, num_samples=50, preprocess="clean", seeds=12)
    assert (protocol.name, protocol.num_real, protocol.num_generated) == ("default", None, 50)
    assert (protocol.dims, protocol.preprocess.name, protocol.seeds) == (192, "clean", 12)


def test_a_filter_that_the_preprocess_does_not_have_is_refused(tiny_settings):
    with refused("clean", field="resize_filter", value="nearest"):
        resolve(tiny_settings, preprocess="clean", resize_filter="nearest")


def test_more_real_images_than_asked_for_are_cut_to_the_same_ones_every_time(tiny_settings):
    protocol = resolve(tiny_settings, protocol="paper")
    chosen = protocol.select_real(1349)
    assert len(set(chosen)) == 1341
    assert chosen.max() < 1349
    np.testing.assert_array_equal(chosen, protocol.select_real(1349))
    assert list(protocol.select_real(3)) == [0, 1, 2]


def test_fewer_real_images_than_asked_for_are_reported(tiny_settings):
    protocol = resolve(tiny_settings, protocol="paper")
    assert protocol.describe_shortfall(1341) == []
    (sentence,) = protocol.describe_shortfall(200)
    assert "1,341" in sentence
    assert "200" in sentence


def test_stretching_maps_each_image_to_the_full_range():
    images = np.array([[[[10], [20]], [[30], [60]]], [[[0], [255]], [[7], [9]]], [[[5], [5]], [[5], [5]]]], np.uint8)
    expected = [[0, 51, 102, 255], [0, 255, 7, 9], [5, 5, 5, 5]]  # (x - 10) * 255 / 50; full range and flat stay
    assert stretch_contrast(images).reshape(3, 4).tolist() == expected
