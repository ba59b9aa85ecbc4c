"""Images, settings -> a planned study: its folder, whole or not at all, and the codes that open it."""

import datetime
import logging
import math
import os
from collections.abc import Mapping
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from scipy import stats

from dcgan_jax.errors import FieldError, FileError
from dcgan_jax.settings import StudySettings
from dcgan_jax.storage.atomic_folder import remove_leftovers, replacing
from dcgan_jax.study.codes import ORGANIZER, create_code, hash_code, name_reader
from dcgan_jax.study.database import FILE
from dcgan_jax.study.material import Material
from dcgan_jax.study.multireader import hillis
from dcgan_jax.study.pixels import is_blank, normalize
from dcgan_jax.study.plan import CONSENT, IMAGES, INSTRUCTIONS, KEY, PLAN, Counts, Key, Plan, describe, hash_bytes
from dcgan_jax.study.schedule import Task, plan_steps
from dcgan_jax.study.store import create_store
from dcgan_jax.study.texts import TextName, default_text
from dcgan_jax.version import __version__

logger = logging.getLogger(__name__)


def plan_study(study: StudySettings, material: Material, folder: Path) -> Mapping[int, str]:
    """Writes the folder of a study and returns the code of the organizer and of each reader, kept nowhere.

    Which number an image has, who sees it when, and all codes come from the system's randomness: the seed reveals none
    of them.

    Raises:
      UserError: a text can't be read, or the folder can't be written or holds something else.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileError(folder, f"holds files and no {PLAN}: bring that back, or move the folder away.")
    rng = np.random.default_rng(int.from_bytes(os.urandom(32)))
    texts = {
        CONSENT: _read_text(study.consent, "consent", study),
        INSTRUCTIONS: _read_text(study.instructions, "instructions", study),
    }
    numbers = rng.permutation(len(material.rows))
    everything = np.concatenate([material.real, material.generated])
    pixels = b"".join(normalize(everything[index], rng).tobytes() for index in numbers)
    key = Key(rows=tuple(material.rows[index] for index in numbers))
    naive, tasks = arrange_tasks(study, key, rng)
    codes = {reader: create_code() for reader in range(ORGANIZER, study.readers + 1)}
    steps = {reader: plan_steps(naive, tasks, study.repeats, rng) for reader in range(1, study.readers + 1)}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        with replacing(folder, mode=0o700) as part:  # readable by its owner only
            (part / IMAGES).write_bytes(pixels)
            for name, text in texts.items():
                (part / name).write_text(text, encoding="utf-8")
            key.write(part / KEY)
            plan = _create_plan(study, material, len(tasks), texts, pixels, (part / KEY).read_bytes())
            plan.write(part / PLAN)
            hashes = {reader: hash_code(code) for reader, code in codes.items()}
            create_store(part / FILE, hash_bytes((part / PLAN).read_bytes()), steps, hashes)
    except OSError as error:
        raise FileError(
            folder, f"cannot be written ({error.strerror}): make room, or choose another --workdir."
        ) from None
    return codes


def arrange_tasks(study: StudySettings, key: Key, rng: np.random.Generator) -> tuple[list[Task], list[Task]]:
    """Returns what is shown in the naive phase, and after it: images, or pairs of a real and a generated one."""
    kinds = "real", "generated"
    by_kind = {kind: [number for number, row in enumerate(key.rows) if row.kind == kind] for kind in kinds}
    naive = [Task((by_kind[kind].pop(),), kind) for kind in islice(cycle(by_kind), study.naive)]
    if study.design == "rating":
        return naive, [Task((number,), kind) for kind, numbers in by_kind.items() for number in numbers]
    pairs = zip(rng.permutation(by_kind["real"]), rng.permutation(by_kind["generated"]), strict=True)
    sides = rng.permutation(np.arange(len(by_kind["real"])) % 2)
    tasks = []
    for (real, generated), is_left in zip(pairs, sides, strict=True):
        images = (int(generated), int(real)) if is_left else (int(real), int(generated))
        tasks.append(Task(images, "generated left" if is_left else "generated right"))
    return naive, tasks


def announce(plan: Plan, codes: Mapping[int, str]) -> None:
    """Says what the study can find out, and, once, the code of each person."""
    logger.info(
        "planned: %d readers of %d %s each. The interval of their mean accuracy will reach about %.1f points either "
        "way (95%%, if they and the images differ as much as in published studies).",
        plan.readers,
        plan.images,
        "pairs" if plan.design == "pairs" else "images",
        100 * plan.expected_half_width,
    )
    logger.info("The codes, shown this once and kept nowhere:")
    for reader, code in codes.items():
        logger.info("  %-9s  %s", name_reader(reader), code)


def _create_plan(
    study: StudySettings, material: Material, tasks: int, texts: Mapping[str, str], pixels: bytes, key: bytes
) -> Plan:
    return Plan(
        **describe(study),
        image_size=material.real.shape[1],
        expected_half_width=expected_half_width(study.readers, tasks),
        origin=material.origin,
        counts=Counts(
            real=len(material.real),
            generated=len(material.generated),
            left_out_as_copies=material.left_out,
            blank=sum(is_blank(image) for image in material.generated),
        ),
        images_sha256=hash_bytes(pixels),
        key_sha256=hash_bytes(key),
        consent_sha256=hash_bytes(texts[CONSENT].encode()),
        instructions_sha256=hash_bytes(texts[INSTRUCTIONS].encode()),
        created=datetime.datetime.now(datetime.UTC).isoformat("T", "seconds"),
        version=__version__,
    )


def _read_text(path: str, name: TextName, study: StudySettings) -> str:
    if not path:
        return default_text(name, study)
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise FieldError(
            f"config.study.{name}", path, f"cannot be read ({error}): give a Markdown file in UTF-8."
        ) from None


READER_SD = 0.06
"""Standard deviation of accuracy over readers, as published studies had it."""

CASE_SD = 0.15
"""Standard deviation over images of the share of readers who are right, likewise."""


def expected_half_width(readers: int, images: int) -> float:
    """Returns half the width of the expected 95% interval of mean accuracy, near chance, of so many images each.

    An answer near chance varies by 0.25: what is not due to the image is the reader's own chance. One reader's interval
    is over images alone. It is 0.5, all that there is, where readers or images are too few to say anything.
    """
    shared = CASE_SD**2 / images
    own = (0.25 - CASE_SD**2) / images
    error, freedom = math.sqrt(own + shared), math.inf
    if readers > 1:
        error, freedom = hillis(READER_SD**2 + own, shared, readers)
    return min(0.5, float(stats.t.ppf(0.975, freedom) * error))
