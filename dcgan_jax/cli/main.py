"""One run of the command, from its flags to its exit code."""

import contextlib
import logging
import os
import sys

import absl.logging
from absl import app

from dcgan_jax.cli.exits import stop, stop_for
from dcgan_jax.cli.flags import DETERMINISTIC, MODE, STOP_ON_USR1, parse_flags
from dcgan_jax.cli.joining import join_processes
from dcgan_jax.cli.mode_settings import agree_on_settings, workdir_root
from dcgan_jax.cli.modes import MODES
from dcgan_jax.errors import EXIT_INTERRUPTED, FieldError
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import console, processes, shutdown
from dcgan_jax.runtime.signals import Interrupted, end_if_asked, ignore_signals, listen
from dcgan_jax.runtime.starting import STOPPED
from dcgan_jax.settings import Settings
from dcgan_jax.storage.cache import cache_dir

logger = logging.getLogger("dcgan_jax")


def run_program() -> None:
    """Runs the command of this process's arguments, and leaves with its exit code; every package is imported."""
    console.make_unfailing()
    listen()  # outside the training loop, which saves first, a signal ends the program as Ctrl-C does
    try:
        app.run(main, flags_parser=parse_flags)
    except KeyboardInterrupt:
        stop(STOPPED, EXIT_INTERRUPTED)


def main(argv: list[str]) -> None:
    """Runs one mode; turns what stops it into a sentence and an exit code."""
    set_up_logging()
    if STOP_ON_USR1.value:
        listen(with_usr1=True)
    try:
        if len(argv) > 1:
            raise FieldError(argv[1], None, "is not understood: options begin with --, as in --mode=train.")
        set_up_packages()
        join_processes()
        run(MODE.value)
        shutdown.finish()
        ignore_signals()
    except Interrupted as interruption:
        with contextlib.suppress(KeyboardInterrupt):  # of a second signal: the state is saved
            shutdown.finish()
        stop(
            f"Saved and stopped at step {interruption.step}: run the same command again to continue.", EXIT_INTERRUPTED
        )
    except Exception as error:
        end_if_asked()
        stop_for(error)


def run(name: str) -> None:
    """Sets the devices up and hands the settings to a mode.

    Raises UserError for whatever the mode or its settings do not allow.
    """
    mode, workdir = MODES[name], Workdir(workdir_root(), tuple(sys.argv[1:]))
    if not mode.in_several_processes and processes.count() > 1:
        raise FieldError("--mode", name, "works in one process: start it once, without the flags for several.")
    settings = agree_on_settings(name, mode, workdir)

    if mode.uses_devices:
        from dcgan_jax.runtime.devices import warn_of_unused_gpu

        warn_of_unused_gpu()
    if "runtime" in mode.sections:
        settings = settle_convolutions(settings)
    mode.run(settings, workdir)
    if mode.is_reported and processes.is_first():
        MODES["report"].run(settings, workdir)


def settle_convolutions(settings: Settings) -> Settings:
    """Returns the settings with what computes the convolutions here, so that the run's record says it."""
    from dcgan_jax.models.onednn.library import choose_form

    return settings.with_overrides({"runtime.convolutions": choose_form(settings.runtime.convolutions)})


def set_up_packages() -> None:
    """Says what TensorFlow and matplotlib read when they are first imported, and JAX when it finds the devices."""
    import jax

    compiled = os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache_dir("compiled")))
    jax.config.update("jax_compilation_cache_dir", compiled)  # it read the variable when it was imported, before this
    if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)  # small programs add up: a second a start
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # TensorFlow only feeds images: how it would compute them
    os.environ.setdefault("MPLCONFIGDIR", str(cache_dir("matplotlib")))  # a home may be read-only, or not be there
    if DETERMINISTIC.value:
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_gpu_deterministic_ops=true"


def set_up_logging() -> None:
    """Shows our own messages as plain lines and, of other packages, what matters."""
    absl.logging.set_verbosity(absl.logging.FATAL)  # what orbax says in the log, it raises as well
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
