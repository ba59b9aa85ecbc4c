"""The card of a balanced data set: what it is, how many, how good, whose, what for and what not for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dcgan_jax.evaluation.record import EvaluationRecord
from dcgan_jax.evaluation.table import describe_record
from dcgan_jax.settings import BalanceSettings
from dcgan_jax.storage.markdown import escape

_PUBLISHED = (
    "The real images are those of Kermany, Zhang and Goldbaum, Labeled Optical Coherence Tomography (OCT) and Chest "
    "X-Ray Images for Classification, Mendeley Data, v2, doi:10.17632/rscbjbr9sj.2, CC BY 4.0: name the authors "
    "wherever the images, or images made from them, go."
)
_OWN = "The license of the real images holds for them, and for images made from them as far as it says so."
_USE = (
    "For research: to train classifiers with, and to compare with the real images alone "
    "(`python launch.py --mode=trial`). Validation and test folders hold real images only."
)
_WARNINGS = (
    "Synthetic images are of no patient and no evidence about any. Not for diagnosis.",
    "They have the faults of the images and labels that they were learned from, and may lack what is rare among them.",
    "They can be recognized as synthetic, by file format, size and texture: a classifier that sees them in one class "
    "only may learn that instead of the class.",
    "They may resemble a training image closely, however they were filtered: treat them as you treat those.",
    "More images are no proof of more information: whether they help is for a trial on real images to say.",
)


@dataclass(frozen=True)
class ImagesOfRun:
    """Synthetic images of a class.

    Attributes:
      label: the class.
      count: how many.
      run: what the run that made them is called.
      step: of its checkpoint.
      image_size: in pixels.
      score: its record; None where the run was not scored.
    """

    label: str
    count: int
    run: str
    step: int
    image_size: int
    score: EvaluationRecord | None


def describe_dataset(
    source: str,
    counts: Mapping[tuple[str, str, str], int],
    runs: Sequence[ImagesOfRun],
    balance: BalanceSettings,
    is_published: bool,
) -> str:
    """Returns the card as Markdown.

    Args:
      source: what the real images are.
      counts: by split, class and "real" or "synthetic".
      runs: for each class that was filled, where its images are from.
      balance: how it was made.
      is_published: whether the real images are the published ones.
    """
    pairs = sorted({(split, label) for split, label, _ in counts})
    lines = ["# Radiographs with synthetic images added", ""]
    lines += [
        f"Real images: {escape(source)}. Each smaller class of the training split is filled up to {balance.ratio:g} of"
    ]
    lines += [
        "the largest. `manifest.csv` says of every file whether it is real or synthetic and where it comes from.",
        "",
    ]
    lines += ["| split | class | real | synthetic |", "|---|---|---|---|"]
    lines += [
        f"| {split} | {escape(label)} | {counts.get((split, label, 'real'), 0):,} | "
        f"{counts.get((split, label, 'synthetic'), 0):,} |"
        for split, label in pairs
    ]
    lines += ["", "## Where the synthetic images come from", ""]
    for run in runs:
        lines.append(
            f"- {escape(run.label)}: {run.count:,} images of {run.image_size} pixels, checkpoint {run.step} of "
            f"`{run.run}`, latent seed {balance.seed}. {_filtering(balance)}"
        )
    lines += ["", "## How good they are", ""]
    for run in runs:
        lines += _score(run)
    lines += ["", "## License", "", _PUBLISHED if is_published else _OWN, ""]
    lines += ["## Intended use", "", _USE, "", "## Warnings", "", *[f"- {warning}" for warning in _WARNINGS]]
    return "\n".join(lines) + "\n"


def _filtering(balance: BalanceSettings) -> str:
    if not balance.max_similarity:
        return "Near copies of training images were not looked for."
    return f"Images that correlate more than {balance.max_similarity:g} with a training image are left out."


def _score(run: ImagesOfRun) -> list[str]:
    if run.score is None:
        return [f"{escape(run.label)}: not scored (`python launch.py --mode=evaluate --workdir={run.run}`).", ""]
    return [f"{escape(run.label)}:", "", "```", describe_record(run.score), "```", ""]
