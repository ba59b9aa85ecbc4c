import os
import subprocess
import sys
from pathlib import Path

SET_UP = """
from absl import flags
from dcgan_jax.cli.main import set_up_packages
import jax
flags.FLAGS(["dcgan-jax"])
set_up_packages()
print(jax.config.jax_compilation_cache_dir)
print(jax.config.jax_persistent_cache_min_compile_time_secs)
"""


def set_up(**variables: str) -> list[str]:
    """Returns the folder of compiled programs and the seconds from which they are kept, with these variables."""
    environment = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    command = [sys.executable, "-c", SET_UP]
    return subprocess.check_output(
        command, env=environment | variables, cwd=Path(__file__).parents[2], text=True
    ).splitlines()


def test_programs_are_compiled_into_the_cache_whenever_jax_was_imported(tmp_path):
    folder, seconds = set_up(DCGAN_JAX_CACHE=str(tmp_path))
    assert Path(folder).is_relative_to(tmp_path)
    assert float(seconds) < 0.1, "a start compiles many small programs"


def test_what_the_user_says_of_compiled_programs_is_kept(tmp_path):
    variables = {"JAX_COMPILATION_CACHE_DIR": str(tmp_path), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "3"}
    assert set_up(**variables) == [str(tmp_path), "3.0"]
