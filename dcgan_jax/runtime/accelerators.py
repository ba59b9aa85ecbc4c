"""What a run will probably compute on, told without JAX: a configuration is read before JAX is set up."""

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


def has_amx(cpu_info: Path = Path("/proc/cpuinfo")) -> bool:
    """Returns whether the CPU has units for products of bfloat16 matrices (Intel AMX) that oneDNN can use.

    Elsewhere bfloat16 saves no time on a CPU: each product is made in float32, and rounded.

    Args:
      cpu_info: Linux' description of the CPU; where there is none, the answer is no.
    """
    try:
        return "amx_bf16" in cpu_info.read_text().split()
    except OSError:
        return False
