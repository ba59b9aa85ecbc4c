"""`--mode=export`: the generator of a checkpoint, its sampler, its settings and its card, in one folder to pass on."""

import hashlib
import logging
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import jax
import numpy as np
from jaxtyping import PyTree
from safetensors.numpy import save

from dcgan_jax.cards.croissant import CROISSANT, DescribedFile
from dcgan_jax.cards.generator import GeneratorCard
from dcgan_jax.cards.markdown import README, is_readme
from dcgan_jax.cards.origin import Origin
from dcgan_jax.errors import FieldError, FileError
from dcgan_jax.report.write import create_report
from dcgan_jax.runs.origin import describe_origin
from dcgan_jax.runs.run import STREAM, Run
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import ExportSettings, Settings
from dcgan_jax.sharing.record import ExportedGenerator, select_told
from dcgan_jax.storage import atomic_file
from dcgan_jax.training.state import count_parameters

FOLDER = "export"
_WEIGHTS, _SETTINGS, _SAMPLER, _REPORT = "weights.safetensors", "settings.json", "sample.py", "report.html"
_NAMES = frozenset({README, CROISSANT, _WEIGHTS, _SETTINGS, _SAMPLER, _REPORT})

logger = logging.getLogger(__name__)


def export(settings: Settings, workdir: Workdir) -> None:
    """Writes `export/` in the workdir: weights.safetensors, settings.json, sample.py, report.html, croissant.json and
    README.md, which comes last and says that the rest is there.

    Raises UserError if there is no checkpoint; the data are private and nobody has looked for copies of them; or the
    folder holds something else.
    """
    run = Run(workdir, settings)
    origin = describe_origin(run)
    _refuse_unassessed(origin, settings.export)
    folder = workdir.root / FOLDER
    _begin(folder)
    params = run.state.sampled_generator
    files = _create_files(run, params)
    card = GeneratorCard(origin, settings.model, count_parameters(params), settings.export)
    for file in [*files, DescribedFile.of_text(CROISSANT, "application/ld+json", card.format_croissant(files))]:
        atomic_file.write_bytes(folder / file.name, file.content)
    atomic_file.write_text(folder / README, card.format_readme())
    logger.info("the generator of checkpoint %d in %s", run.step, folder)


def _create_files(run: Run, params: PyTree) -> Sequence[DescribedFile]:
    weights = encode_weights(params)
    about = ExportedGenerator(
        step=run.step,
        labels=run.labels,
        stream=STREAM,
        weights_sha256=hashlib.sha256(weights).hexdigest(),
        settings=select_told(run.settings),
    )
    sampler = resources.files(__package__).joinpath(_SAMPLER).read_bytes()
    return [
        DescribedFile(_WEIGHTS, "application/octet-stream", weights),
        DescribedFile.of_text(_SETTINGS, "application/json", about.model_dump_json(indent=1) + "\n"),
        DescribedFile(_SAMPLER, "text/x-python", sampler),
        DescribedFile.of_text(_REPORT, "text/html", create_report(run.workdir.root, is_shared=True)),
    ]


def encode_weights(params: PyTree) -> bytes:
    """Returns a generator's parameters as a safetensors file, float32, by names like "stage_0/kernel"."""
    leaves = jax.tree_util.tree_leaves_with_path(params)
    arrays = {"/".join(str(key.key) for key in path): np.ascontiguousarray(leaf) for path, leaf in leaves}
    return save(arrays, metadata={"format": "np"})


def _refuse_unassessed(origin: Origin, asked: ExportSettings) -> None:
    """Raises UserError where a generator of private data would leave unexamined."""
    if not origin.is_unexamined or asked.unassessed:
        return
    reasons = []
    for label in origin.unassessed if origin.data.is_private else ():
        record = origin.record_of(label)
        reasons.append(f"{label}: {record.memorization.reason if record else 'this checkpoint was not evaluated'}")
    if origin.num_private_before:
        reasons.append(f"{origin.num_private_before:,} that its first weights had seen are not compared with")
    raise FieldError(
        "config.export.unassessed",
        asked.unassessed,
        f"keeps the generator of step {origin.step} here: it was trained on private images, and nobody knows whether "
        f"it copies them ({'; '.join(reasons).rstrip('.')}). Hold patients out with config.data.holdout and run "
        "--mode=evaluate; or give True, and the card will say so.",
    )


def _begin(folder: Path) -> None:
    """Creates the folder, or takes the card from an earlier export, which is then one that is not finished.

    Raises:
      UserError: it holds something else, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.iterdir()):
            if not (path.name in _NAMES or atomic_file.is_partial(path.name)) or not path.is_file():
                raise FileError(path, "is not from an export of this program: move it elsewhere.")
        readme = folder / README
        if readme.exists() and not is_readme(readme.read_bytes()):
            raise FileError(readme, "is not from an export of this program: move it elsewhere.")
        for path in (readme, *(path for path in folder.iterdir() if atomic_file.is_partial(path.name))):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(folder, f"cannot be written ({error.strerror}): permit it, or move it elsewhere.") from None
