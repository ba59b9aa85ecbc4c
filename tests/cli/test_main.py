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
"""


def test_programs_are_compiled_into_the_cache_whenever_jax_was_imported(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    command = [sys.executable, "-c", SET_UP]
    printed = subprocess.check_output(
        command, env=environment | {"DCGAN_JAX_CACHE": str(tmp_path)}, cwd=Path(__file__).parents[2], text=True
    )
    assert Path(printed.strip()).is_relative_to(tmp_path)
