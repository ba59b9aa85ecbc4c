"""The command: `python launch.py --config=configs/cxr.py --workdir=runs/cxr [--mode=...] [--config.<field>=<value>]`.

On many hosts, the same command in every process, with `--distributed` where the scheduler says who they are, or with
`--coordinator_address=HOST:PORT --num_processes=N --process_id=I`.

Exit codes: 0 done; 1 a defect of ours (with a traceback); 2 a mistake to mend before trying again; 75 saved and stopped
by a signal, or without the other processes (run the same command again to continue).
"""

import contextlib
import difflib
import errno
import faulthandler
import importlib
import json
import logging
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import absl.logging
from absl import app, flags
from ml_collections import config_flags
from ml_collections.config_flags import tuple_parser

from dcgan_jax.errors import EXIT_DEFECT, EXIT_INTERRUPTED, EXIT_USER_ERROR, UserError
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.runtime import processes, shutdown
from dcgan_jax.runtime.signals import SIGNALS, Interrupted, end_program
from dcgan_jax.settings import Settings
from dcgan_jax.settings.reference import format_help
from dcgan_jax.storage.cache import cache_dir

MODES = {
    "train": "dcgan_jax.runs.train",
    "prepare": "dcgan_jax.runs.prepare",
    "generate": "dcgan_jax.runs.generate",
    "evaluate": "dcgan_jax.runs.evaluate",
    "balance": "dcgan_jax.balance.run",
    "trial": "dcgan_jax.trial.run",
}
"""Where each mode is; its function has its name. Imported when it is asked for: JAX must be set up before."""

CONTINUING_MODES = ("generate", "evaluate")
EITHER_MODES = ("balance", "trial")  # settings of a configuration where one is given, else of the run in the workdir
DEFAULT_CONFIG = str(Path(__file__).resolve().parents[1] / "configs" / "default.py")
STORAGE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}

FLAGS = flags.FLAGS


class _ListParser(tuple_parser.TupleParser):
    """Takes `--config.trial.runs=/a/run,/another` as it is; ml_collections asks for quotes around each path."""

    def parse(self, argument: Any) -> tuple[Any, ...]:
        """Returns the values, or what was given as one text, which the settings divide at its commas."""
        try:
            return super().parse(argument)
        except ValueError:
            return (argument,)


config_flags.register_flag_parser_for_type(tuple, _ListParser())
CONFIG = config_flags.DEFINE_config_file(
    "config", None, "Configuration file; override its fields with --config.<field>=<value>."
)
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run; by default runs/<name of the configuration>.")
MODE = flags.DEFINE_enum("mode", "train", list(MODES), "What to do.")
DETERMINISTIC = flags.DEFINE_bool("deterministic", False, "Bit-identical runs on GPUs too, at some cost in speed.")
DISTRIBUTED = flags.DEFINE_bool("distributed", False, "Join the processes of the job: docs/distributed.md.")
COORDINATOR_ADDRESS = flags.DEFINE_string("coordinator_address", None, "Host and port of the first process.")
NUM_PROCESSES = flags.DEFINE_integer("num_processes", None, "Processes in all.")
PROCESS_ID = flags.DEFINE_integer("process_id", None, "Which of them this is, from 0.")

logger = logging.getLogger("dcgan_jax")


def main(argv: list[str]) -> None:
    """Runs one mode; turns what stops it into a sentence and an exit code."""
    set_up_logging()
    # Outside the training loop, which saves first, SIGTERM ends the program as Ctrl-C does.
    for number in SIGNALS:
        signal.signal(number, end_program)
    try:
        if len(argv) > 1:
            raise UserError(f"{argv[1]!r} is not understood: options begin with --, as in --mode=train.")
        set_up_packages()
        join_processes()
        run(MODE.value)
        shutdown.finish()
    except Interrupted as interruption:
        with contextlib.suppress(KeyboardInterrupt):  # of a second signal: the state is saved
            shutdown.finish()
        stop(
            f"Saved and stopped at step {interruption.step}: run the same command again to continue.", EXIT_INTERRUPTED
        )
    except KeyboardInterrupt:
        stop("Stopped: run the same command again to continue.", EXIT_INTERRUPTED)
    except Exception as error:
        stop_for(error)


def stop_for(error: Exception) -> NoReturn:
    """Leaves with the sentence and the code that an error calls for; a defect keeps its traceback."""
    shutdown.give_way()
    if isinstance(error, UserError):
        stop(str(error), EXIT_USER_ERROR)
    if isinstance(error, OSError) and error.errno in STORAGE_ERRORS:
        stop(
            f"{error.filename or 'The disk'} cannot be used ({error.strerror}): make room, permit it or choose another "
            "place; the last checkpoint is kept.",
            EXIT_USER_ERROR,
        )
    if shutdown.is_sign_of_a_lost_process(error):
        reason = " ".join(str(error).split())[:300]
        shutdown.leave(f"{shutdown.LOST} The devices said: {reason}", EXIT_INTERRUPTED, lost=True)
    if processes.is_joined():
        traceback.print_exception(error)
        stop(f"Process {processes.position()} failed: see what it printed.", EXIT_DEFECT)
    raise error


def set_up_packages() -> None:
    """Says what JAX, TensorFlow and matplotlib read when they are first imported, and JAX when it finds the devices."""
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache_dir("compiled")))
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # TensorFlow only feeds images: how it would compute, and
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # what it notes of that on starting, says nothing of a run
    os.environ.setdefault("MPLCONFIGDIR", str(cache_dir("matplotlib")))  # a home may be read-only, or not be there
    if DETERMINISTIC.value:
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_gpu_deterministic_ops=true"


def join_processes() -> None:
    """Joins the other processes where the flags ask for it."""
    address, count, position = COORDINATOR_ADDRESS.value, NUM_PROCESSES.value, PROCESS_ID.value
    given = {"--coordinator_address": address, "--num_processes": count, "--process_id": position}
    missing = [name for name, value in given.items() if value is None]
    if DISTRIBUTED.value and len(missing) < len(given):
        raise UserError("--distributed finds out by itself what the other three flags say: give it, or the three.")
    if DISTRIBUTED.value:
        processes.join_detected()
    elif address is not None and count is not None and position is not None:
        processes.join(address, count, position)
    elif len(missing) < len(given):
        raise UserError(f"{' and '.join(missing)} must be given too: the three flags belong together.")
    if processes.is_joined():
        faulthandler.disable()  # JAX aborts a process whose peer is lost; printing its stacks then may crash it
    shutdown.follow()
    if not processes.is_first():
        logger.setLevel(logging.WARNING)


def run(mode: str) -> None:
    """Sets the devices up and hands the settings to a mode."""
    workdir = Workdir(workdir_root())
    if mode in EITHER_MODES and processes.count() > 1:
        raise UserError(f"--mode={mode} works in one process: start it once, without the flags for several.")
    settings = agree_on_settings(mode, workdir)

    from dcgan_jax.runtime.devices import warn_of_unused_gpu

    warn_of_unused_gpu()
    if mode != "prepare":
        settings = settle_convolutions(settings)
    module = importlib.import_module(MODES[mode])
    getattr(module, mode)(settings, workdir)


def settle_convolutions(settings: Settings) -> Settings:
    """Returns the settings with what computes the convolutions here, so that the run's record says it."""
    from dcgan_jax.models.onednn.library import choose_form

    return settings.with_overrides({"runtime.convolutions": choose_form(settings.runtime.convolutions)})


def agree_on_settings(mode: str, workdir: Workdir) -> Settings:
    """Returns the settings, which the first process reads for all: only it needs to reach the workdir."""
    overrides = config_flags.get_override_values(FLAGS["config"])
    asked: dict[str, Any] = json.loads(json.dumps({"mode": mode, **overrides}))  # as it travels: tuples are lists there
    if asked != processes.from_first(asked):
        raise UserError(f"Process {processes.position()} was given another command: give all processes the same flags.")
    settings = read_settings(mode, workdir) if processes.is_first() or mode not in CONTINUING_MODES else None
    first = Settings.validated(processes.from_first(settings and settings.values()))
    if settings and (differences := first.differences(settings)):
        raise UserError(
            f"Process {processes.position()} has other settings than the first ({', '.join(differences)}): give all "
            "processes the same configuration."
        )
    return first


def read_settings(mode: str, workdir: Workdir) -> Settings:
    """Returns the settings: of the configuration file, or of the run that a mode takes up, with overrides."""
    has_config = config_flags.get_config_filename(FLAGS["config"]) != DEFAULT_CONFIG
    if mode in CONTINUING_MODES or (mode in EITHER_MODES and not has_config and workdir.config.is_file()):
        return workdir.settings(config_flags.get_override_values(FLAGS["config"]))
    if not has_config:
        raise UserError("--config is missing: give a configuration, for example --config=configs/quickstart.py.")
    return Settings.from_config(CONFIG.value)


def workdir_root() -> Path:
    """Returns the folder of the run, absolute."""
    if "://" in (WORKDIR.value or ""):
        raise UserError(
            f"--workdir={WORKDIR.value} is no folder of a file system: mount it, and keep only the checkpoints there "
            "with config.checkpoint.dir."
        )
    if WORKDIR.value:
        return Path(WORKDIR.value).expanduser().resolve()
    name = Path(config_flags.get_config_filename(FLAGS["config"])).name.replace(".py", "").replace(":", "_")
    return Path("runs", name).resolve()


def stop(sentence: str, code: int) -> NoReturn:
    """Prints a sentence and leaves; the other processes leave too, if they have not yet."""
    if processes.is_joined():
        shutdown.leave(sentence, code)
    print(sentence, file=sys.stderr, flush=True)
    if code == EXIT_USER_ERROR:
        processes.exit_at_once(code)  # on a full disk, packages that close their files would bury it in tracebacks
    sys.exit(code)


def set_up_logging() -> None:
    """Shows our own messages as plain lines and, of other packages, what matters."""
    absl.logging.set_verbosity(absl.logging.FATAL)  # what orbax says in the log, it raises as well
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def parse_flags(argv: list[str]) -> list[str]:
    """Parses the command line and loads the configuration; what fails in either is the user's to mend."""
    if {"--help", "-h"} & set(argv):
        print(__doc__, FLAGS.main_module_help(), "\nFields of a configuration:", format_help(), sep="\n")
        sys.exit(0)
    refuse_unknown_fields(argv)
    if not any(argument == "--config" or argument.startswith("--config=") for argument in argv):
        argv = [argv[0], f"--config={DEFAULT_CONFIG}", *argv[1:]]  # names the fields that overrides may set
    try:
        rest = FLAGS(argv)
        CONFIG.value.to_dict()  # a configuration that did not load says so only when it is asked for something
        return rest
    except Exception as error:  # a configuration file is Python code and may raise anything
        stop(f"The command line cannot be understood: {_gist(error)}.", EXIT_USER_ERROR)


def refuse_unknown_fields(argv: list[str]) -> None:
    """Leaves with the nearest name when an override names no field."""
    known = Settings.field_names()
    for argument in argv:
        name = argument.split("=")[0].removeprefix("--config.")
        if argument.startswith("--config.") and name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            remedy = f"did you mean config.{nearest[0]}?" if nearest else "--help lists all of them."
            stop(f"config.{name} is not a field: {remedy}", EXIT_USER_ERROR)


def _gist(error: BaseException) -> str:
    """Returns the last line of a message, where the cause stands after what led to it."""
    message = str(error.args[0] if len(error.args) == 1 else error)
    lines = [line for line in message.splitlines() if line.strip(" .")]
    return lines[-1].strip(' "') if lines else type(error).__name__


def run_program() -> None:
    """Runs the command: what `launch.py` calls."""
    app.run(main, flags_parser=parse_flags)
