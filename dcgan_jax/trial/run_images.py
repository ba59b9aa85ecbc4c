"""Synthetic images of a trial, drawn from the generators of finished runs."""

import numpy as np

from dcgan_jax.errors import FieldError
from dcgan_jax.memorization.correlation import to_gray
from dcgan_jax.runs.figures import Images
from dcgan_jax.runs.run import Run
from dcgan_jax.settings import Settings
from dcgan_jax.trial.leaks import exceeds, refuse_excess, refuse_leaks
from dcgan_jax.trial.plan_record import Origin, RunOfImages, RunsOfImages
from dcgan_jax.trial.selection import Selection
from dcgan_jax.trial.splits import TrialSplit


class RunImages:
    """Synthetic images of a trial, each from a run that has seen no more than its arm; see `SyntheticSource`."""

    STREAM = "trial"
    SELECTED_STREAM = "trial_selected"

    def __init__(self, runs: list[Run], split: TrialSplit, settings: Settings, selection: Selection | None = None):
        """Checks the runs.

        Args:
          runs: that images are drawn from.
          split: which real images are trained on.
          settings: of the trial.
          selection: how images of the arm `selected` are chosen; None where there is no such arm.

        Raises:
          UserError: one has seen validation or test patients, or makes images of another size.
        """
        self._runs, self._split, self._settings, self._selection = runs, split, settings, selection
        for run in runs:
            run.require_size(settings.data.image_size)
            refuse_leaks(run.provenance, split, settings)
        self.description: Origin = RunsOfImages(
            runs=tuple(
                RunOfImages(workdir=str(run.workdir.root), identity=run.workdir.identity(run.settings), step=run.step)
                for run in runs
            ),
            max_similarity=settings.generate.max_similarity,
            weights_sha256=selection.weights_sha256 if selection else None,
        )

    def classes(self) -> list[str]:
        """See `SyntheticSource`."""
        return sorted({label for run in self._runs for label in run.provenance.labels})

    def count_generators(self, label: str, fraction: float) -> int:
        """See `SyntheticSource`; copies of one run count once."""
        return len(self._find_fitting(label, fraction))

    def draw(self, label: str, fraction: float, generator_seed: int, count: int, is_selected: bool = False) -> Images:
        """See `SyntheticSource`; the generator seed chooses the run, where several fit, and the latents."""
        fitting = self._find_fitting(label, fraction)
        run = fitting[generator_seed % len(fitting)]
        if not is_selected:
            return _draw(run, label, generator_seed, self.STREAM, count)
        assert self._selection is not None  # the arm is refused without
        candidates = _draw(run, label, generator_seed, self.SELECTED_STREAM, count * self._selection.candidates)
        return candidates[self._selection.choose(run, label, fraction, candidates)]

    def _find_fitting(self, label: str, fraction: float) -> list[Run]:
        """Returns the runs that have seen no more than the arms of a fraction, and of those the ones that saw most.

        Copies of one run are one.
        """
        of_class = [run for run in self._runs if label in run.provenance.labels]
        if not of_class:
            raise FieldError("config.trial.runs", None, f"has no run of class {label}: add one, or choose other arms.")
        fitting = [run for run in of_class if not exceeds(run.provenance, self._split, fraction)]
        if not fitting:
            least = min(of_class, key=lambda run: run.provenance.count(label))
            refuse_excess(least.provenance, self._split, fraction, self._settings)
        most = max(run.provenance.count(label) for run in fitting)
        best = [run for run in fitting if run.provenance.count(label) == most]
        return list({run.workdir.identity(run.settings): run for run in reversed(best)}.values())[::-1]


def _draw(run: Run, label: str, seed: int, stream: str, count: int) -> Images:
    """Returns images of a run, gray; those of one in color are turned gray."""
    images = np.stack([drawn.image for drawn in run.draw_without_copies(label, seed, stream, count)])
    return to_gray(images)[..., None]
