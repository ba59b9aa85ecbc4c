"""Spectral normalization against the singular values and gradients that NumPy gives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dcgan_jax.training.spectral_norm import create_vectors, normalize

RNG = np.random.default_rng(0)
PARAMS = {
    "conv": {"kernel": jnp.asarray(RNG.normal(size=(3, 3, 2, 5)), jnp.float32), "bias": jnp.ones(5)},
    "dense": {"kernel": jnp.asarray(RNG.normal(size=(7, 1)), jnp.float32), "bias": jnp.ones(1)},
}


def converged(params):
    vectors = create_vectors(params, jax.random.key(0))
    for _ in range(200):
        _, vectors = normalize(params, vectors)
    return vectors


def test_the_largest_singular_value_becomes_one_and_biases_stay():
    normalized, _ = normalize(PARAMS, converged(PARAMS))
    for name, layer in PARAMS.items():
        matrix = np.asarray(layer["kernel"]).reshape(-1, layer["kernel"].shape[-1])
        expected = matrix / np.linalg.svd(matrix, compute_uv=False)[0]
        np.testing.assert_allclose(normalized[name]["kernel"].reshape(matrix.shape), expected, rtol=1e-4, atol=1e-6)
        np.testing.assert_array_equal(normalized[name]["bias"], layer["bias"])


def test_one_call_is_one_power_iteration():
    vector = np.ones(5, np.float32) / np.sqrt(5, dtype=np.float32)
    matrix = np.asarray(PARAMS["conv"]["kernel"]).reshape(-1, 5)
    expected = matrix.T @ matrix @ vector
    _, updated = normalize({"conv": PARAMS["conv"]}, {"conv": jnp.asarray(vector)})
    np.testing.assert_allclose(updated["conv"], expected / np.linalg.norm(expected), rtol=1e-5)


def test_gradients_are_those_of_the_papers_equation_12():
    """For a loss <G, W / sigma>: (G - <G, W / sigma> u v^T) / sigma, with the vectors held fixed."""
    kernel, vectors = PARAMS["dense"]["kernel"] @ jnp.ones((1, 4)) + jnp.eye(7, 4), None
    params = {"dense": {"kernel": kernel, "bias": jnp.zeros(4)}}
    vectors = converged(params)
    weights = jnp.asarray(RNG.normal(size=(7, 4)), jnp.float32)
    ours = jax.grad(
        lambda kernel: jnp.sum(weights * normalize({"dense": {"kernel": kernel}}, vectors)[0]["dense"]["kernel"])
    )(kernel)
    left, values, right = np.linalg.svd(np.asarray(kernel, np.float64))
    inner = np.sum(np.asarray(weights) * np.asarray(kernel)) / values[0]
    expected = (np.asarray(weights) - inner * np.outer(left[:, 0], right[0])) / values[0]
    np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-5)


def test_vectors_belong_to_their_layers():
    both, one = create_vectors(PARAMS, jax.random.key(0)), create_vectors({"conv": PARAMS["conv"]}, jax.random.key(0))
    np.testing.assert_array_equal(both["conv"], one["conv"])
    assert float(jnp.linalg.norm(both["conv"])) == pytest.approx(1.0, rel=1e-5)
