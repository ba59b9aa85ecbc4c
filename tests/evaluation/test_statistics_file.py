import numpy as np
import pytest

from dcgan_jax.errors import UserError
from dcgan_jax.evaluation.statistics_file import read_statistics, write_statistics
from dcgan_jax.metrics.frechet import fit_gaussian
from dcgan_jax.storage.array_file import read_cached
from tests.refusals import refused

DIMS = 16
SAVE = {"stored": np.savez, "deflated": np.savez_compressed}


def draw(count=50, dtype=np.float64):
    return fit_gaussian(np.random.default_rng(0).normal(size=(count, DIMS)).astype(dtype))


def save(path, mean, covariance):
    np.savez(path, mu=mean, sigma=covariance)
    return path


def test_comes_back_as_written(tmp_path):
    gaussian = draw()
    write_statistics(tmp_path / "s.npz", gaussian)
    found = read_statistics(tmp_path / "s.npz", DIMS)
    np.testing.assert_array_equal(found.mean, gaussian.mean)
    np.testing.assert_array_equal(found.covariance, gaussian.covariance)


def test_float32_and_singular_statistics_are_read(tmp_path):
    mean, covariance = draw(count=5)
    found = read_statistics(save(tmp_path / "s.npz", mean.astype("f4"), covariance.astype("f4")), DIMS)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-5)


def test_statistics_of_equal_images_are_read(tmp_path):
    save(tmp_path / "s.npz", np.zeros(DIMS), np.zeros((DIMS, DIMS)))
    assert not read_statistics(tmp_path / "s.npz", DIMS).covariance.any()


@pytest.mark.parametrize("kind", SAVE)
def test_damage_is_named_and_a_damaged_cache_is_no_cache(tmp_path, kind):
    path = tmp_path / "whole.npz"
    SAVE[kind](path, mu=draw().mean, sigma=draw().covariance)
    content = path.read_bytes()
    damaged = tmp_path / "damaged.npz"
    rng = np.random.default_rng(0)
    messages = []
    for position in range(0, len(content), 3):
        changed = bytearray(content)
        changed[position] ^= int(rng.integers(1, 256))
        damaged.write_bytes(changed)
        try:
            read_statistics(damaged, DIMS)
        except UserError as error:
            messages.append(str(error))
        cached = read_cached(damaged)
        assert cached is None or isinstance(cached, dict)
    assert len(messages) > len(content) / 6
    assert all("damaged.npz" in message for message in messages)
    for length in range(0, len(content), 50):
        damaged.write_bytes(content[:length])
        assert read_cached(damaged) is None
        with refused(path=damaged):
            read_statistics(damaged, DIMS)


def skew(covariance):
    return covariance + np.triu(np.full_like(covariance, 0.01), 1)


def turn_negative(covariance):
    return covariance - 2 * np.diag(np.eye(DIMS)[3] * np.diag(covariance))


def break_correlation(covariance):
    covariance = covariance.copy()
    covariance[0, 1] = covariance[1, 0] = 3.0  # beyond the product of the two deviations
    return covariance


@pytest.mark.parametrize("change", [skew, turn_negative, break_correlation])
def test_what_is_no_covariance_is_refused(tmp_path, change):
    mean, covariance = draw()
    with refused("sigma", path=tmp_path / "s.npz"):
        read_statistics(save(tmp_path / "s.npz", mean, change(covariance)), DIMS)


@pytest.mark.parametrize("kind", ["U5", "S5", "i8", "c16", "M8[s]"])
@pytest.mark.parametrize("entry", ["mu", "sigma"])
def test_what_is_no_floats_is_refused(tmp_path, kind, entry):
    arrays = {"mu": np.zeros(DIMS), "sigma": np.eye(DIMS)}
    np.savez(tmp_path / "s.npz", **arrays | {entry: np.zeros(arrays[entry].shape, kind)})
    with refused("floats", np.dtype(kind), path=tmp_path / "s.npz"):
        read_statistics(tmp_path / "s.npz", DIMS)


def test_a_number_too_large_for_float64_is_refused(tmp_path):
    save(tmp_path / "s.npz", np.full(DIMS, 1e300) * np.longdouble(1e300), np.eye(DIMS))
    with refused("finite", path=tmp_path / "s.npz"):
        read_statistics(tmp_path / "s.npz", DIMS)
