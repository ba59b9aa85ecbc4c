"""The card of a balanced data set: real images, and synthetic ones of its smaller classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dcgan_jax.cards import statements
from dcgan_jax.cards.croissant import DescribedFile, describe_images, format_croissant
from dcgan_jax.cards.markdown import choose_size_category, render_readme
from dcgan_jax.cards.origin import Origin
from dcgan_jax.settings import BalanceSettings, DataSettings, ExportSettings

_COLUMNS = ("file", "class", "synthetic", "checkpoint_step", "latent_seed")
_KINDS = ("real", "synthetic")


class ClassCounts(NamedTuple):
    """Images of a class in a split."""

    split: str
    label: str
    real: int
    synthetic: int


@dataclass(frozen=True)
class FilledClass:
    """Synthetic images of a class: how many, what the run that made them is called, and their generator."""

    label: str
    count: int
    run: str
    origin: Origin


@dataclass(frozen=True)
class BalancedCard:
    """What is to be said of a balanced data set.

    Attributes:
      source: what the real images are.
      data: the same, as settings.
      counts: by split, class and "real" or "synthetic".
      fillings: where the synthetic images are from.
    """

    source: str
    data: DataSettings
    counts: Mapping[tuple[str, str, str], int]
    fillings: Sequence[FilledClass]
    balance: BalanceSettings
    export: ExportSettings

    @property
    def title(self) -> str:
        """What it is called."""
        return f"Real {statements.name_kind(self.data)} with synthetic ones added"

    def format_readme(self) -> str:
        """Returns the content of README.md."""
        header = {
            "size_categories": [choose_size_category(sum(self.counts.values()))],
            "task_categories": ["image-classification"],
        }
        pairs = sorted({(split, label) for split, label, _ in self.counts})
        counts = [ClassCounts(*pair, *(self.counts.get((*pair, kind), 0) for kind in _KINDS)) for pair in pairs]
        values = {**vars(self), "counts": counts, "filtering": describe_filtering(self.balance.max_similarity)}
        license_name = statements.choose_license(self.data, self.export)
        return render_readme("balanced", self.title, license_name, self.fillings[0].origin, header, values)

    def format_croissant(self, manifest: DescribedFile) -> str:
        """Returns the content of croissant.json."""
        distribution, record_sets = describe_images("*/*/*.png", "^[^/]+/([^/]+)/", manifest, _COLUMNS)
        origins = [filled.origin for filled in self.fillings]
        return format_croissant(
            self.title, self.data, origins, self.export, "balance", distribution, record_sets, holds_real=True
        )


def describe_filtering(max_similarity: float) -> str:
    """Returns a sentence: whether near copies of training images were left out."""
    if not max_similarity:
        return "Near copies of training images were not looked for."
    return f"Images that correlate more than {max_similarity:g} with a training image are left out."
