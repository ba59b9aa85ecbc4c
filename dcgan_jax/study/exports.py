"""Answers as tables for others: answers.csv, and what iMRMC and MRMCaov read."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dcgan_jax.study.codes import name_reader
from dcgan_jax.study.collected import Collected, sign
from dcgan_jax.study.plan import Key, Plan
from dcgan_jax.study.store import Answered

ANSWERS, IMRMC, MRMCAOV = "answers.csv", "answers.imrmc", "mrmcaov.csv"


def write_answers(path: Path, answers: Sequence[Answered], plan: Plan, key: Key) -> None:
    """Writes every answer to an image, reader after reader; images have numbers, readers codes."""
    told = sorted((each for each in answers if each.step.images), key=lambda one: (one.reader, one.position))
    rows = [_describe(each, plan, key) for each in told]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]) if rows else ["reader"])
        table.writeheader()
        table.writerows(rows)


def _describe(each: Answered, plan: Plan, key: Key) -> dict[str, Any]:
    first, *second = each.step.images
    is_generated = key.rows[first].kind == "generated"
    choice, option = each.answer.get("choice", ""), each.answer["option"]
    truth = ("right" if is_generated else "left") if second else key.rows[first].kind
    return {
        "reader": name_reader(each.reader),
        "position": each.position,
        "phase": "naive" if each.step.kind == "naive" else "told",
        "image": first,
        "second_image": second[0] if second else "",
        "truth": truth,
        "choice": choice,
        "confidence": each.answer.get("confidence", ""),
        "correct": int((sign(choice) > 0) == is_generated) if choice else "",
        "answer": "" if option is None else plan.question[option],
        "seconds": f"{each.answer['milliseconds'] / 1000:.3f}",
        "is_repeat": int(each.step.repeat_of is not None),
    }


def write_imrmc(path: Path, collected: Collected) -> None:
    """Writes first answers as iMRMC reads them: the truth under reader -1, then reader, case, modality, score."""
    lines = [
        "Reader study: is an image generated?",
        f"NR: {len(collected.readers)}",
        f"N0: {int((~collected.truth).sum())}",
        f"N1: {int(collected.truth.sum())}",
        "NM: 1",
        "BEGIN DATA:",
        *(f"-1,{case},0,{int(truth)}" for case, truth in enumerate(collected.truth, 1)),
        *(
            f"{reader},{case + 1},1,{collected.ratings[row, case]:g}"
            for row, reader in enumerate(collected.readers)
            for case in np.flatnonzero(collected.is_read[row])
        ),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_mrmcaov(path: Path, collected: Collected) -> None:
    """Writes first answers as a data frame with MRMCaov's columns."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["reader", "treatment", "case", "truth", "rating"])
        for row, reader in enumerate(collected.readers):
            for case in np.flatnonzero(collected.is_read[row]):
                rows.writerow([reader, 1, case + 1, int(collected.truth[case]), f"{collected.ratings[row, case]:g}"])
