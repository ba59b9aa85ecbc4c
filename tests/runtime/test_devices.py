"""The mesh, and a word for those who train on the CPU beside an idle GPU."""

import jax
import numpy as np
import pytest

from dcgan_jax.runtime import devices
from tests.refusals import refused


def test_the_mesh_holds_the_first_devices_or_all():
    assert devices.create_mesh(2).devices.tolist() == jax.devices()[:2]
    assert devices.create_mesh().size == 4


def test_replicated_and_split():
    mesh, values = devices.create_mesh(4), np.arange(16).reshape(2, 8)
    whole = jax.device_put(values, devices.replicated(mesh))
    assert [shard.data.shape for shard in whole.addressable_shards] == [(2, 8)] * 4
    parts = jax.device_put(values, devices.split(mesh, axis=1))
    np.testing.assert_array_equal(parts.addressable_shards[1].data, values[:, 2:4])


@pytest.mark.parametrize("has_driver", [True, False])
def test_an_idle_gpu_is_mentioned_with_the_remedy(tmp_path, monkeypatch, caplog, has_driver):
    trace = tmp_path / "version"
    if has_driver:
        trace.touch()
    monkeypatch.setattr(devices, "NVIDIA_TRACES", (str(trace),))
    devices.warn_of_unused_gpu()
    assert ("pip install --upgrade 'jax[cuda13]'" in caplog.text) == has_driver


def test_a_platform_that_is_not_there_is_the_users_to_mend(monkeypatch):
    def fail():
        raise RuntimeError("Unknown backend cuda")

    monkeypatch.setattr(jax, "devices", fail)
    with refused("Unknown backend cuda", "JAX_PLATFORMS"):
        devices.create_mesh()
