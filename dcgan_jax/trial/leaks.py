"""That no generator has seen what its images are tested with: what it was trained on must be its arm's to train on."""

from collections.abc import Sequence
from pathlib import Path

from dcgan_jax.data.selection import choose_split_seed
from dcgan_jax.data.train_files import TrainFile
from dcgan_jax.errors import FileError
from dcgan_jax.runs.provenance import Provenance, read_provenance
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import Settings
from dcgan_jax.trial.splits import TrialSplit, held_out_share


def find_provenances(folder: Path, runs: Sequence[str]) -> list[Provenance]:
    """Returns what made the images of a folder, as far as that is known.

    Runs that are known to have made them come first; else the list of one may lie beside the images or right above.

    Raises:
      UserError: one of these runs is not there any more.
    """
    if runs:
        return [read_provenance(Workdir(Path(run)).train_files) for run in runs]
    for place in (folder, folder.parent):
        listed = Workdir(place).train_files
        if listed.is_file():
            return [read_provenance(listed)]
    return []


def refuse_leaks(provenance: Provenance, split: TrialSplit, settings: Settings) -> None:
    """Raises UserError if a generator was trained on validation or test images, or on other images of their patients.

    Test patients who are in training by one of two readings of their names are passed over: the second analysis leaves
    them out.
    """
    tested = [*split.validation, *split.test]
    images = {example.sha256 for example in tested}
    patients = {example.patient for example in tested if example not in split.ambiguous}
    leaks = [row for row in provenance.seen if row.sha256 in images or row.patient in patients]
    if leaks:
        raise FileError(
            provenance.name,
            f"has a generator that was trained on {len(leaks)} images of validation or test patients of this trial "
            f"({leaks[0].file} for one): train it with {_remedy(split, settings)}.",
        )


def exceeds(provenance: Provenance, split: TrialSplit, fraction: float) -> TrainFile | None:
    """Returns an image that the generator was trained on and the arms of this fraction are not, if there is one.

    Of their patients an arm may have the images of one class and not those of another. An image that no arm could have
    is allowed where its patient is.
    """
    patients = {example.patient for example in split.training[fraction]}
    without = split.trainable - {example.sha256 for example in split.training[fraction]}
    return next((row for row in provenance.seen if row.patient not in patients or row.sha256 in without), None)


def refuse_excess(provenance: Provenance, split: TrialSplit, fraction: float, settings: Settings) -> None:
    """Raises UserError if a generator was trained on more than the arms of a fraction are."""
    if row := exceeds(provenance, split, fraction):
        is_of_label = row.label == settings.data.label or row.sha256 in split.trainable  # whatever the run calls it
        is_cut = settings.trial.fractions_of == "each_class" or is_of_label
        fields = _remedy(split, settings, fraction if is_cut else 1.0)
        saw, remedy = "was trained on", f"train it with {fields}"
        if row not in provenance.rows:
            saw = "began with weights that were trained on"
            remedy = f"train the run of its config.train.init_from with {fields}, and then it"
        raise FileError(
            provenance.name,
            f"has a generator that {saw} {row.file} ({row.label}), and the arms with the fraction {fraction:g} are "
            f"not: {remedy}, or leave that fraction out of config.trial.fractions.",
        )


def _remedy(split: TrialSplit, settings: Settings, fraction: float = 1.0) -> str:
    seed = choose_split_seed(settings.data, settings.seed)
    fields = f"config.data.split_seed={seed} and config.data.holdout={held_out_share(split, settings):g}"
    return fields if fraction == 1 else f"{fields} and config.data.fraction={fraction:g}"
