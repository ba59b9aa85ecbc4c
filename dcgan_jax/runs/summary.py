"""summary.json: what a run came to, for other programs and for its own next start."""

from typing import Any

from jax.sharding import Mesh

from dcgan_jax.runtime import processes
from dcgan_jax.storage.record import Record
from dcgan_jax.training.state import TrainState, state_sha256
from dcgan_jax.version import collect_versions

_PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")


class Summary(Record):
    """What a run came to; written when its last step is done, and again when that is scored.

    Attributes:
      step: completed updates.
      state_sha256: over the leaves of the final state, in a fixed order.
      versions: of the packages that computed it.
      devices: the kind of each device, over all processes.
      processes: how many made up the run.
      convolutions: what computed them in the last start: xla or onednn; older runs do not say.
      images_per_second: batch size times steps a second, without compiling, drawing and scoring; None without steps.
      seconds: of the last start that did a step, all included.
      num_train_images: images trained on.
      best_step: the kept step with the best score; None where none is scored.
      scores: the evaluation record of the best state, or of the last; None where none was written.
      set_aside: damaged checkpoints of this run that were renamed and passed over, by their new names.
    """

    step: int
    state_sha256: str
    versions: dict[str, str]
    devices: list[str]
    processes: int
    images_per_second: float | None
    seconds: float
    num_train_images: int
    best_step: int | None
    scores: dict[str, Any] | None
    convolutions: str | None = None
    set_aside: tuple[str, ...] = ()


def summarize(state: TrainState, mesh: Mesh, **facts: Any) -> Summary:
    """Returns the summary of a final state; the facts are those that neither it nor its devices know."""
    return Summary(
        step=int(state.step),
        state_sha256=state_sha256(state),
        versions=collect_versions(*_PACKAGES),
        devices=[device.device_kind for device in mesh.devices.flat],
        processes=processes.count(),
        **facts,
    )
