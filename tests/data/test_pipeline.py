"""Streamed and resident batches are the same, bit for bit, from any step on and on any number of devices."""

import sys
from operator import itemgetter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.data.order import Order
from dcgan_jax.data.pipeline import ResidentBatches, StreamedBatches, create_batches, to_float
from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.selection import select_training
from dcgan_jax.runtime.devices import create_mesh
from tests.refusals import refused

BATCH, STEPS = 8, 5


@pytest.fixture(scope="module")
def prepared(tiny_settings):
    return prepare(tiny_settings.data, tiny_settings.seed)


@pytest.fixture(scope="module")
def examples(prepared, tiny_settings):
    return select_training(prepared, tiny_settings.data, tiny_settings.seed)[0]


def batches_of(prepared, examples, settings, placement, first_step=0, num_devices=1, sampling="shuffle"):
    data = settings.data.model_copy(update={"placement": placement})
    order = Order(3, len(examples), BATCH, sampling)
    return create_batches(
        prepared, examples, data, settings.model.channels, order, create_mesh(num_devices), first_step
    )


def read_all(batches, first_step=0, count=1):
    """All images of the steps and their classes, read the way the step reads them."""
    read = jax.jit(batches.read)
    feeds = [batches.take(step, count) for step in range(first_step, STEPS, count)]
    parts = [read(batches.dataset, jax.tree.map(itemgetter(k), feed)) for feed in feeds for k in range(count)]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def images_of(batches, first_step=0, count=1):
    return read_all(batches, first_step, count).images


@pytest.fixture(scope="module")
def expected(prepared, examples):
    """What the order asks for, by NumPy alone."""
    order = Order(3, len(examples), BATCH, "shuffle")
    positions = np.concatenate([order.positions(step) for step in range(STEPS)])
    return prepared.images([examples[position] for position in positions])


@pytest.mark.parametrize("placement", ["device", "stream"])
@pytest.mark.parametrize("num_devices", [1, 4])
def test_images_are_those_the_order_asks_for(prepared, examples, tiny_settings, expected, placement, num_devices):
    images = images_of(batches_of(prepared, examples, tiny_settings, placement, num_devices=num_devices))
    assert images.dtype == np.float32
    assert images.min() >= -1
    assert images.max() <= 1
    np.testing.assert_array_equal(np.round((images + 1) * 127.5), expected)


def test_streaming_without_tensorflow_says_what_to_install(prepared, examples, tiny_settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with refused("dcgan_jax[stream]", "config.data.placement=device", field="config.data.placement", value="stream"):
        batches_of(prepared, examples, tiny_settings, "stream")


@pytest.mark.parametrize("sampling", ["shuffle", "replacement"])
def test_streamed_and_resident_images_are_equal_bit_for_bit(prepared, examples, tiny_settings, sampling):
    streamed, resident = (
        images_of(batches_of(prepared, examples, tiny_settings, placement, sampling=sampling))
        for placement in ("stream", "device")
    )
    assert streamed.tobytes() == resident.tobytes()


@pytest.mark.parametrize("placement", ["device", "stream"])
def test_a_resumed_run_sees_what_an_uninterrupted_one_would(prepared, examples, tiny_settings, placement):
    whole = images_of(batches_of(prepared, examples, tiny_settings, placement))
    rest = images_of(batches_of(prepared, examples, tiny_settings, placement, first_step=3), first_step=3)
    np.testing.assert_array_equal(rest, whole[3 * BATCH :])


@pytest.mark.parametrize("placement", ["device", "stream"])
def test_several_steps_in_one_feed_are_the_same_steps(prepared, examples, tiny_settings, placement):
    one = images_of(batches_of(prepared, examples, tiny_settings, placement))
    five = images_of(batches_of(prepared, examples, tiny_settings, placement), count=5)
    np.testing.assert_array_equal(five, one)


def test_every_image_comes_with_its_class(prepared, tiny_settings):
    of_all = tiny_settings.with_overrides({"data.label": "ALL"})
    examples, _ = select_training(prepared, of_all.data, of_all.seed)
    streamed, resident = (
        read_all(batches_of(prepared, examples, of_all, placement, num_devices=4)) for placement in ("stream", "device")
    )
    assert streamed.images.tobytes() == resident.images.tobytes()
    order = Order(3, len(examples), BATCH, "shuffle")
    chosen = [examples[position] for step in range(STEPS) for position in order.positions(step)]
    assert {example.label for example in chosen} == {"NORMAL", "PNEUMONIA"}
    np.testing.assert_array_equal(np.round((resident.images + 1) * 127.5), prepared.images(chosen))
    for labels in (streamed.labels, resident.labels):
        np.testing.assert_array_equal(labels, [example.label == "PNEUMONIA" for example in chosen])


def test_auto_keeps_images_resident_while_they_fit_the_budget(prepared, examples, tiny_settings):
    assert isinstance(batches_of(prepared, examples, tiny_settings, "auto"), ResidentBatches)
    many = examples * (2**20 // (64 * 64) // len(examples) + 1)  # just over one MiB
    tight = tiny_settings.with_overrides({"data.device_budget_mib": 1})
    assert isinstance(batches_of(prepared, many, tight, "auto"), StreamedBatches)


def test_a_stream_refuses_to_jump(prepared, examples, tiny_settings):
    batches = batches_of(prepared, examples, tiny_settings, "stream")
    with pytest.raises(ValueError, match="stands at step 0, not at 2"):
        batches.take(2, 1)


def test_rgb_repeats_the_gray_channel(prepared, examples, tiny_settings):
    rgb = tiny_settings.with_overrides({"model.channels": 3})
    images = images_of(batches_of(prepared, examples, rgb, "device"))
    assert images.shape[-1] == 3
    np.testing.assert_array_equal(images[..., 0], images[..., 2])


def test_floats_are_exact_at_the_ends():
    np.testing.assert_array_equal(to_float(jnp.array([0, 255], jnp.uint8)), [-1.0, 1.0])
