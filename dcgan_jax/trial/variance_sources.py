"""What the intervals of a trial are over: which patients, classifiers and generators another trial would draw anew."""

from collections.abc import Sequence
from typing import Any

from dcgan_jax.settings import TrialSettings
from dcgan_jax.trial.arms import OF_ALL_CLASSES, Arm
from dcgan_jax.trial.synthetic_folder import SyntheticSource


def count_generators(
    arms: Sequence[Arm], source: SyntheticSource | None, trial: TrialSettings, label: str, labels: Sequence[str]
) -> list[dict[str, Any]]:
    """Returns, for each class and fraction with synthetic images, `generators` and `draws` made with them.

    Args:
      arms: all of them.
      source: of synthetic images; None where no arm has any.
      trial: the number of generator seeds is used.
      label: the class that a generator learns.
      labels: all classes.

    Raises:
      UserError: the source has no generator for one of them.
    """
    needed = {
        (name, arm.fraction): None
        for arm in arms
        if arm.has_synthetic
        for name in (labels if arm.name in OF_ALL_CLASSES else [label])
    }
    if source is None:
        return []
    return [
        {
            "class": name,
            "fraction": fraction,
            "generators": min(source.count_generators(name, fraction), trial.generator_seeds),
            "draws": trial.generator_seeds,
        }
        for name, fraction in needed
    ]


def describe_coverage(generators: Sequence[dict[str, Any]], seeds: int) -> str:
    """Returns the sentence on what intervals and tests cover, and what they say nothing of.

    Args:
      generators: of `count_generators`.
      seeds: classifiers of each arm.
    """
    over = [f"{seeds} classifier seeds" if seeds > 1 else "one classifier seed (nothing is said of others)"]
    phrases = [_describe_draws(row["generators"], row["draws"]) for row in generators]
    if len(set(phrases)) == 1:
        over.append(f"for synthetic images {phrases[0]}")
    else:
        over += [
            f"for synthetic {row['class']} at fraction {row['fraction']:g} {phrase}"
            for row, phrase in zip(generators, phrases, strict=True)
        ]
    return (
        f"Intervals and tests are over test patients; {'; '.join(over)}. "
        "The training patients are the same throughout, and nothing is said of others."
    )


def warn_of_one_generator(generators: Sequence[dict[str, Any]], split_seed: int) -> list[str]:
    """Returns a note where the generator seeds are draws of one generator, with what would make them more."""
    alone = [f"{row['class']} at fraction {row['fraction']:g}" for row in generators if row["generators"] == 1]
    if not alone:
        return []
    return [
        f"There is one generator of {', '.join(alone)}: intervals are over its latent draws and say nothing of a "
        "generator trained anew. For that, train further runs with other config.seed and "
        f"config.data.split_seed={split_seed}, and name them all in config.trial.runs."
    ]


def _describe_draws(generators: int, draws: int) -> str:
    if generators == 0:
        choices = f"{draws} choices" if draws > 1 else "one choice"
        return f"{choices} among the images of one folder, and nothing is said of another generator"
    if generators == 1:
        latents = f"{draws} latent draws" if draws > 1 else "one latent draw"
        return f"{latents} of one generator, and nothing is said of one trained anew"
    if draws > generators:
        return f"{draws} latent draws of {generators} generators, each counted as if it were a generator's only one"
    return f"{generators} generators, each trained anew"
