"""Which training image a generated one resembles most, so that near copies can be left out."""

from collections.abc import Callable
from typing import NamedTuple

from dcgan_jax.memorization.correlation import compute_signatures, compute_similarities
from dcgan_jax.runs.figures import Images
from dcgan_jax.runs.training_data import read_training_data
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import Settings


class Nearest(NamedTuple):
    """The training image that a generated one resembles most, and their correlation, -1 to 1."""

    file: str
    similarity: float


def create_copy_check(settings: Settings, workdir: Workdir) -> Callable[[Images], list[Nearest]]:
    """Returns a function from images to the nearest training image of each, of whatever class: a run has seen them all.

    Raises:
      UserError: the data are not those of the run.
    """
    data = read_training_data(settings, workdir)
    workdir.check_train_files(data.train_files)
    signatures = compute_signatures(data.prepared.images(data.training))

    def compare(images: Images) -> list[Nearest]:
        similarities, positions = compute_similarities(images, signatures)
        pairs = zip(similarities, positions, strict=True)
        return [Nearest(data.training[position].file, float(similarity)) for similarity, position in pairs]

    return compare
