"""What the intervals of a trial are over: which patients, classifiers and generators another trial would draw anew."""

from collections.abc import Sequence

from dcgan_jax.settings import TrialSettings
from dcgan_jax.trial.arms import Arm
from dcgan_jax.trial.record import GeneratorCount
from dcgan_jax.trial.statistics import ENOUGH_SEEDS
from dcgan_jax.trial.synthetic_folder import SyntheticSource


def count_generators(
    arms: Sequence[Arm], source: SyntheticSource | None, trial: TrialSettings, label: str, labels: Sequence[str]
) -> list[GeneratorCount]:
    """Returns how many generators there are of each class and fraction with synthetic images.

    The label is the class that a generator learns; the source may be None where no arm has synthetic images.

    Raises:
      UserError: the source has no generator for one of them.
    """
    if source is None:
        return []
    needed = {(name, arm.fraction): None for arm in arms for name in _classes_of(arm, label, labels)}
    return [
        GeneratorCount(
            label=name,
            fraction=fraction,
            generators=min(source.count_generators(name, fraction), trial.generator_seeds),
            draws=trial.generator_seeds,
        )
        for name, fraction in needed
    ]


def generators_by_arm(
    arms: Sequence[Arm], counts: Sequence[GeneratorCount], label: str, labels: Sequence[str]
) -> dict[Arm, list[int]]:
    """Returns, by arm, the number of generators of each class of it; none for an arm without synthetic images."""
    of_class = {(row.label, row.fraction): row.generators for row in counts}
    return {arm: [of_class[name, arm.fraction] for name in _classes_of(arm, label, labels)] for arm in arms}


def count_independent(generators: Sequence[int]) -> int:
    """Returns how many trained generators the generator seeds of an arm are spread over; 0 where there is only one.

    With several, all draws of one generator count as one value. With one generator, or a folder of images, the seeds
    say nothing of other generators; they count for what else they change.
    """
    return min((count for count in generators if count > 1), default=0)


def describe_variance_sources(generators: Sequence[GeneratorCount], seeds: int) -> str:
    """Returns the sentence on what intervals and tests are over, and what they say nothing of."""
    over = [f"{seeds} classifier seeds" if seeds > 1 else "one classifier seed (nothing is said of others)"]
    phrases = [_describe_draws(row.generators, row.draws) for row in generators]
    if len(set(phrases)) == 1:
        over.append(f"for synthetic images {phrases[0]}")
    else:
        over += [
            f"for synthetic {row.label} at fraction {row.fraction:g} {phrase}"
            for row, phrase in zip(generators, phrases, strict=True)
        ]
    return (
        f"Intervals and tests are over test patients; {'; '.join(over)}. "
        "The training patients are the same throughout, and nothing is said of others."
    )


def warn_of_few_generators(generators: Sequence[GeneratorCount], split_seed: int) -> list[str]:
    """Returns a note where there are too few generators to judge how they differ, with what would make them more."""
    few = [
        f"{row.generators} of {row.label} at fraction {row.fraction:g}"
        for row in generators
        if 1 <= row.generators < ENOUGH_SEEDS
    ]
    if not few:
        return []
    return [
        f"Generators are few ({', '.join(few)}): with one, intervals are over its latent draws and say nothing of a "
        f"generator trained anew; with fewer than {ENOUGH_SEEDS}, they are wide. Train further runs with other "
        f"config.seed and config.data.split_seed={split_seed}, and name them all in config.trial.runs, with "
        "config.trial.generator_seeds as many."
    ]


def _classes_of(arm: Arm, label: str, labels: Sequence[str]) -> list[str]:
    if not arm.has_synthetic:
        return []
    return list(labels) if arm.kind.added == "of_all_classes" else [label]


def _describe_draws(generators: int, draws: int) -> str:
    if generators == 0:
        choices = f"{draws} choices" if draws > 1 else "one choice"
        return f"{choices} among the images of one folder, and nothing is said of another generator"
    if generators == 1:
        latents = f"{draws} latent draws" if draws > 1 else "one latent draw"
        return f"{latents} of one generator, and nothing is said of one trained anew"
    if draws > generators:
        return f"{draws} latent draws of {generators} generators, those of each averaged"
    return f"{generators} generators, each trained anew"
