"""Whether a run will probably be on a GPU or TPU, told without JAX: a configuration is read before JAX is set up."""

import importlib.util
import os
from pathlib import Path

NVIDIA_TRACES = ("/proc/driver/nvidia/version", "/usr/lib/wsl/lib/libcuda.so.1")
"""What NVIDIA's driver leaves on Linux, and in WSL2."""

_ACCELERATORS = (
    (("jax_cuda13_plugin", "jax_cuda12_plugin"), NVIDIA_TRACES),
    (("jax_rocm7_plugin", "jax_rocm60_plugin"), ("/dev/kfd",)),
    (("libtpu",), ("/dev/accel0", "/dev/vfio/0")),
)
"""Packages of which one drives a kind of device, and what shows that such a device is there."""


def expects_accelerator() -> bool:
    """Returns whether JAX will probably run on a GPU or TPU.

    It goes by JAX_PLATFORMS where that is set; else by whether a plugin of JAX for a device is installed and the
    driver has left its traces.
    """
    if platforms := os.environ.get("JAX_PLATFORMS", ""):
        return platforms.split(",")[0] != "cpu"
    hides_gpus = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return any(
        any(map(importlib.util.find_spec, plugins)) and any(Path(trace).exists() for trace in traces)
        for plugins, traces in _ACCELERATORS
        if not (hides_gpus and traces is NVIDIA_TRACES)
    )
