"""Which latents `config.generate` asks for, one by one or on a loop, and the images of a class at them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from dcgan_jax.runs.run import STREAM, Drawn, Run
from dcgan_jax.settings import GenerateSettings

KEYS = 5
"""Images of a seed that a walk passes where no seeds are given."""


class AskedImage(NamedTuple):
    """An image that was asked for, seed and number of its latent, and the name of its file without the suffix."""

    drawn: Drawn
    latent_seed: str
    name: str


def count_images(asked: GenerateSettings) -> int:
    """Returns how many images of each class are asked for."""
    return len(asked.seeds) or asked.count


def draw_asked(run: Run, label: str, compared: bool) -> Iterator[AskedImage]:
    """Yields the images of a class that are asked for; of several processes all must ask."""
    asked = run.settings.generate
    if asked.seeds:
        latents = list_latents(run, len(asked.seeds))
        for seed, drawn in zip(asked.seeds, run.draw_latents(label, latents, compared), strict=True):
            yield AskedImage(drawn, f"{seed}/0", f"seed_{seed:05d}")
        return
    digits = max(5, len(str(asked.count - 1)))
    for drawn in run.draw_seed(label, asked.seed, STREAM, asked.count, compared):
        yield AskedImage(drawn, f"{asked.seed}/{drawn.number}", f"{drawn.number:0{digits}d}")


def draw_walk(run: Run, label: str, compared: bool) -> Iterator[Drawn]:
    """Yields the frames of a class's loop; none where no walk is asked for."""
    asked = run.settings.generate
    if asked.walk:
        keys = list_latents(run, len(asked.seeds) or KEYS)
        yield from run.draw_latents(label, create_loop(keys, asked.walk), compared)


def list_latents(run: Run, most: int) -> Float[np.ndarray, "image latent"]:
    """Returns the latents of the first images that are asked for, or of more of the same seed; before truncation."""
    asked = run.settings.generate
    if asked.seeds:
        return np.concatenate([run.sampler.latents(seed, STREAM, 1) for seed in asked.seeds[:most]])
    return run.sampler.latents(asked.seed, STREAM, most)


def create_loop(keys: Float[np.ndarray, "key latent"], frames: int) -> Float[np.ndarray, "frame latent"]:
    """Returns latents that go evenly from each of two or more to the next, and from the last back to the first.

    The loop begins at the first; where `frames` is a multiple of the keys, each of them is a frame. It follows great
    circles: between two normal latents a straight line would lead through short vectors, which a generator never saw
    (White 2016, https://arxiv.org/abs/1609.04468).
    """
    places = np.arange(frames) * len(keys) / frames
    first = places.astype(int)
    return np.stack(
        [
            interpolate(keys[index], keys[(index + 1) % len(keys)], place - index)
            for index, place in zip(first, places, strict=True)
        ]
    ).astype(np.float32)


def interpolate(
    a: Float[np.ndarray, " latent"], b: Float[np.ndarray, " latent"], share: float
) -> Float[np.ndarray, " latent"]:
    """Returns the latent at a share of the way from `a` (0) to `b` (1) along the arc between them."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    cosine = np.clip(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)), -1.0, 1.0)
    angle = np.arccos(cosine)
    if np.isclose(np.sin(angle), 0.0):  # the same direction, or the opposite one: no arc, or any
        return (1 - share) * x + share * y
    return (np.sin((1 - share) * angle) * x + np.sin(share * angle) * y) / np.sin(angle)
