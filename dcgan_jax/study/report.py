"""Closing a study: the key is opened, and what came out is written down."""

import logging
from pathlib import Path

import numpy as np

from dcgan_jax.errors import FileError
from dcgan_jax.storage import atomic_file
from dcgan_jax.study.analysis import (
    agree,
    analyze_reader,
    conclude,
    count_options,
    list_remarks,
    measure_drift,
    pool,
    rank_fooled,
)
from dcgan_jax.study.codes import name_reader
from dcgan_jax.study.collected import collect
from dcgan_jax.study.exports import ANSWERS, IMRMC, MRMCAOV, write_answers, write_imrmc, write_mrmcaov
from dcgan_jax.study.figures import (
    save_confidence,
    save_fooled,
    save_forest,
    save_roc,
)
from dcgan_jax.study.file_names import CONFIDENCE, FIGURES, FOOLED, FOREST, REPORT, REPORT_TEXT, ROC
from dcgan_jax.study.opened import OpenedStudy, read_unchanged
from dcgan_jax.study.plan import KEY, Key
from dcgan_jax.study.report_record import StudyReport
from dcgan_jax.study.report_text import format_report, format_verdict

logger = logging.getLogger(__name__)


def write_report(study: OpenedStudy, folder: Path, allow_interim: bool) -> StudyReport:
    """Writes report.json, report.md, figures and tables into the folder of a study.

    Raises:
      UserError: readers are not done and an interim report is not asked for, nobody has begun, or a file was changed.
    """
    unfinished = [each for each in study.store.progress() if each.answered < each.steps]
    if unfinished and not allow_interim:
        places = ", ".join(f"{name_reader(each.reader)} {each.answered} of {each.steps}" for each in unfinished)
        raise FileError(
            folder,
            f"holds a study that is not finished ({places} steps): wait for the readers, or give "
            "config.study.interim=True for a report that says so.",
        )
    answers = study.store.read()
    key = open_key(study, folder)
    collected = collect(answers, study.plan, key)
    if not collected.readers:
        raise FileError(folder, "holds a study of which nobody has read an image yet: there is nothing to report.")
    pooled = pool(collected, study.plan.margin)
    report = StudyReport(
        plan=study.plan,
        plan_sha256=study.plan_sha256,
        is_interim=bool(unfinished),
        unfinished=tuple(name_reader(each.reader) for each in unfinished),
        readers=tuple(analyze_reader(collected, row, study.plan) for row in range(len(collected.readers))),
        pooled=pooled,
        primary=conclude(pooled, study.plan),
        agreement=agree(collected),
        drift=measure_drift(collected),
        options=count_options(answers, study.plan, key),
        remarks=list_remarks(answers),
        fooled=rank_fooled(collected, key),
    )
    (folder / FIGURES).mkdir(exist_ok=True)
    save_roc(collected, folder / FIGURES / ROC)
    save_forest(report, folder / FIGURES / FOREST)
    save_confidence(collected, study.plan.design == "pairs", folder / FIGURES / CONFIDENCE)
    save_fooled(
        report.fooled,
        lambda number: np.frombuffer(study.image(number), np.uint8).reshape([study.plan.image_size] * 2),
        folder / FIGURES / FOOLED,
    )
    write_answers(folder / ANSWERS, answers, study.plan, key)
    write_imrmc(folder / IMRMC, collected)
    write_mrmcaov(folder / MRMCAOV, collected)
    atomic_file.write_text(folder / REPORT_TEXT, format_report(report))
    report.write(folder / REPORT)
    logger.info("%s", format_verdict(report))
    return report


def open_key(study: OpenedStudy, folder: Path) -> Key:
    """Returns what each image is; raises UserError if key.json is not what was planned."""
    read_unchanged(folder / KEY, study.plan.key_sha256)
    return Key.read(folder / KEY)
