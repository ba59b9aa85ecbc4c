import pytest

from dcgan_jax.runtime import accelerators


@pytest.mark.parametrize(
    ("environment", "plugins", "has_trace", "expected"),
    [
        ({"JAX_PLATFORMS": "cpu"}, ("jax_cuda13_plugin",), True, False),
        ({"JAX_PLATFORMS": "cuda,cpu"}, (), False, True),
        ({}, ("jax_cuda13_plugin",), True, True),
        ({}, ("jax_cuda13_plugin",), False, False),  # the GPU's packages on a machine without one
        ({}, (), True, False),  # a GPU that JAX cannot use
        ({"CUDA_VISIBLE_DEVICES": ""}, ("jax_cuda13_plugin",), True, False),
    ],
)
def test_an_accelerator_is_expected_where_jax_would_find_it(
    tmp_path, monkeypatch, environment, plugins, has_trace, expected
):
    trace = tmp_path / "version"
    if has_trace:
        trace.touch()
    for name in ("JAX_PLATFORMS", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(accelerators, "NVIDIA_TRACES", (str(trace),))
    monkeypatch.setattr(accelerators, "_ACCELERATORS", ((("jax_cuda13_plugin",), accelerators.NVIDIA_TRACES),))
    monkeypatch.setattr(accelerators.importlib.util, "find_spec", lambda name: name in plugins or None)
    assert accelerators.expects_accelerator() == expected


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16 amx_bf16 amx_tile\n", True),
        ("flags\t\t: fpu avx512f avx512_bf16\n", False),
        (None, False),  # not Linux
    ],
)
def test_units_for_bfloat16_are_found_by_the_flags_of_the_cpu(tmp_path, description, expected):
    if description is not None:
        (tmp_path / "cpuinfo").write_text(description)
    assert accelerators.has_amx(tmp_path / "cpuinfo") == expected
