"""The flags of the command, and how a command line is read."""

import difflib
import sys
from typing import Any

from absl import flags
from ml_collections import config_flags
from ml_collections.config_flags import tuple_parser

from dcgan_jax.cli import configurations
from dcgan_jax.cli.exits import stop
from dcgan_jax.cli.modes import MODES
from dcgan_jax.errors import EXIT_USER_ERROR, UserError
from dcgan_jax.settings import Settings
from dcgan_jax.settings.reference import format_help
from dcgan_jax.settings.replaced import describe_replacement

USAGE = """\
Trains a DCGAN on chest X-rays, scores it and draws from it.

    dcgan-jax --config=cxr --workdir=runs/cxr [--mode=...] [--config.<field>=<value>]
    python launch.py --config=configs/cxr.py --workdir=runs/cxr          # in a checkout

On many hosts, the same command in every process, with `--distributed` where the scheduler says who they are, or with
`--coordinator_address=HOST:PORT --num_processes=N --process_id=I`.

Exit codes: 0 done; 1 a defect of ours (with a traceback); 2 a mistake to mend before trying again; 75 saved and stopped
by a signal, or without the other processes or the storage (run the same command again to continue).
"""

FLAGS = flags.FLAGS
_CONFIG_FLAGS = ("--config", "-config")


class _ListParser(tuple_parser.TupleParser):
    """Takes `--config.trial.runs=/a/run,/another` as it is; ml_collections asks for quotes around each path."""

    def parse(self, argument: Any) -> tuple[Any, ...]:
        """Returns the values, or what was given as one text, which the settings divide at its commas."""
        try:
            return tuple(super().parse(argument))
        except ValueError:
            return (argument,)


config_flags.register_flag_parser_for_type(tuple, _ListParser())
CONFIG = config_flags.DEFINE_config_file(
    "config", None, "Configuration, by its name or file; override its fields with --config.<field>=<value>."
)
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run; by default runs/<name of the configuration>.")
MODE = flags.DEFINE_enum("mode", "train", list(MODES), "What to do.")
DETERMINISTIC = flags.DEFINE_bool("deterministic", False, "Bit-identical runs on GPUs too, at some cost in speed.")
DISTRIBUTED = flags.DEFINE_bool("distributed", False, "Join the processes of the job: docs/distributed.md.")
COORDINATOR_ADDRESS = flags.DEFINE_string("coordinator_address", None, "Host and port of the first process.")
NUM_PROCESSES = flags.DEFINE_integer("num_processes", None, "Processes in all.")
PROCESS_ID = flags.DEFINE_integer("process_id", None, "Which of them this is, from 0.")
STOP_ON_USR1 = flags.DEFINE_bool("stop_on_usr1", False, "Save and stop on SIGUSR1 too, as Slurm's --signal may send.")


def parse_flags(argv: list[str]) -> list[str]:
    """Parses the command line and loads the configuration; what fails in either is the user's to mend."""
    if {"--help", "-h"} & set(argv):
        print(_format_help())
        sys.exit(0)
    _refuse_unknown_fields(argv)
    configurations.make_importable()
    given = None
    try:
        arguments, given = _with_found_configuration(argv)
        rest: list[str] = FLAGS(arguments)
        FLAGS["config"].using_default_value = given is None
        CONFIG.value.to_dict()  # a configuration that did not load says so only when it is asked for something
        return rest
    except UserError as error:
        stop(str(error), EXIT_USER_ERROR)
    except flags.Error as error:
        stop(f"The command line cannot be understood: {_gist(error)}.", EXIT_USER_ERROR)
    except Exception as error:  # a configuration file is Python code and may raise anything
        stop(f"--config={given} cannot be loaded ({_gist(error)}): mend it.", EXIT_USER_ERROR)


def _format_help() -> str:
    modes = [f"  {name:10}{mode.purpose}; settings of {mode.settings_from.value}" for name, mode in MODES.items()]
    names = ", ".join(configurations.list_names())
    options = FLAGS.module_help(__name__).replace(f"{__name__}:", "Flags:", 1)
    parts = (USAGE, "Modes:", *modes, f"\nConfigurations: {names}", options, "\nFields:")
    return "\n".join([*parts, format_help()])


def _with_found_configuration(argv: list[str]) -> tuple[list[str], str | None]:
    """Returns the arguments with the path of the configuration, and the path.

    Where none is given, the path is None and the arguments have the default one, which names the fields there are.
    """
    arguments, path = [], None
    for index, argument in enumerate(argv):
        name, equals, value = argument.partition("=")
        if index and argv[index - 1] in _CONFIG_FLAGS:
            argument = path = configurations.find(argument)
        elif name in _CONFIG_FLAGS and equals:
            path = configurations.find(value)
            argument = f"--config={path}"
        arguments.append(argument)
    return (arguments if path else [argv[0], f"--config={configurations.DEFAULT}", *argv[1:]]), path


def _refuse_unknown_fields(argv: list[str]) -> None:
    """Leaves with the nearest name when an override names no field."""
    known = Settings.field_names()
    for argument in argv:
        flag, _, name = argument.partition("=")[0].partition(".")
        if flag in _CONFIG_FLAGS and name and name not in known:
            replacement = describe_replacement(name)
            nearest = difflib.get_close_matches(name, known, n=1)
            remedy = f"did you mean config.{nearest[0]}?" if nearest else "--help lists all of them."
            stop(f"config.{name} {replacement or f'is not a field: {remedy}'}", EXIT_USER_ERROR)


def _gist(error: BaseException) -> str:
    """Returns the last line of a message, where the cause stands after what led to it."""
    message = str(error.args[0] if len(error.args) == 1 else error)
    lines = [line for line in message.splitlines() if line.strip(" .")]
    return lines[-1].strip(' "') if lines else type(error).__name__
