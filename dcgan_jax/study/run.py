"""`--mode=study`: plans a reader study, serves it until all readers are done, and reports."""

import asyncio
import logging
import socket

from dcgan_jax.errors import FieldError, FileError
from dcgan_jax.runs.starts import record_start
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import Settings, StudySettings
from dcgan_jax.settings.study import LOCAL_HOSTS
from dcgan_jax.study.codes import ORGANIZER, create_code, name_reader
from dcgan_jax.study.file_names import REPORT_TEXT
from dcgan_jax.study.material import Material, read_folders
from dcgan_jax.study.opened import OpenedStudy
from dcgan_jax.study.plan import FOLDER, PLAN, Plan
from dcgan_jax.study.planning import announce, plan_study
from dcgan_jax.study.report import write_report
from dcgan_jax.study.server import serve

logger = logging.getLogger(__name__)


def study(settings: Settings, workdir: Workdir) -> None:
    """Plans the study of a workdir where there is none yet, serves it, and writes the report when all have read.

    The same command goes on with a study that was stopped.

    Raises:
      UserError: the images, the plan or the address do not allow it, or a report is asked for too early.
    """
    asked, folder = settings.study, workdir.root / FOLDER
    with workdir.locked(".study.lock"):
        if not (folder / PLAN).is_file():
            if asked.report:
                raise FileError(folder, "holds no study: plan one with the same command, without the report.")
            codes = plan_study(asked, _gather(settings, workdir), folder)
            announce(Plan.read(folder / PLAN), codes)
        opened = OpenedStudy.open(folder)
        try:
            opened.plan.refuse_changes(asked, folder)
            record_start(workdir, "study")
            if asked.new_code:
                replace_code(opened, asked.new_code)
            if not asked.report and not opened.store.is_complete():
                _serve(opened, asked)
                if not opened.store.is_complete():
                    raise KeyboardInterrupt  # stopped: the command line says how to go on
            write_report(opened, folder, asked.interim)
        finally:
            opened.close()
        logger.info("see %s", folder / REPORT_TEXT)


def replace_code(opened: OpenedStudy, name: str) -> None:
    """Gives a reader, or the organizer, another code, and shows it; raises UserError if nobody has this name."""
    numbers = {name_reader(number).lower(): number for number in (ORGANIZER, *opened.store.steps)}
    if name.lower() not in numbers:
        raise FieldError("config.study.new_code", name, f"names nobody: give one of {', '.join(numbers)}.")
    code = create_code()
    opened.sessions.replace_code(numbers[name.lower()], code)
    logger.info("The new code of %s, shown this once: %s", name, code)


def _gather(settings: Settings, workdir: Workdir) -> Material:
    if settings.study.real_dir:
        return read_folders(settings.study, settings.data)
    from dcgan_jax.study.run_material import draw_from_run  # a study of two folders does without the rest

    return draw_from_run(settings, workdir)


def _serve(opened: OpenedStudy, asked: StudySettings) -> None:
    try:
        listener = socket.create_server((asked.host, asked.port))
    except OSError as error:
        raise FieldError(
            "config.study.host",
            asked.host,
            f"with config.study.port={asked.port} cannot be used ({error.strerror}): give another port, or 0 for any "
            "that is free.",
        ) from None
    if asked.host not in LOCAL_HOSTS:
        logger.warning(
            "warning: %s is open to other machines and without TLS: codes and answers cross the network in the clear. "
            "docs/study.md has a proxy's configuration.",
            asked.host,
        )
    with listener:
        logger.info("the study is at http://%s:%d - Ctrl-C stops it, nothing is lost", *listener.getsockname()[:2])
        asyncio.run(serve(opened, listener, [asked.host, *LOCAL_HOSTS, *asked.trusted_hosts]))
