"""What the two networks minimize in one step, as functions of their parameters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from dcgan_jax.data.pipeline import LabeledImages
from dcgan_jax.random_streams import draw_labels, draw_latents, example_keys, stream_key
from dcgan_jax.runtime.devices import AXIS
from dcgan_jax.training.augmentation import augment
from dcgan_jax.training.losses import compute_accuracy, create_losses, r1_penalty
from dcgan_jax.training.spectral_norm import Vectors, normalize
from dcgan_jax.training.state import Recipe, TrainState

Images = Float[Array, "local height width channels"]
Metrics = dict[str, Float[Array, ""]]
Objective = Callable[[PyTree], tuple[Float[Array, ""], Metrics]]
"""Parameters -> the loss over this device's examples, and what is reported of them (means, too)."""


@dataclass(frozen=True)
class Objectives:
    """The objectives of one step on one device; for use inside the mapped step.

    Attributes:
      recipe: modules, losses and settings.
      key: `jax.random.key(seed)`.
      step: completed updates before this one.
      probability: of each augmentation.
    """

    recipe: Recipe
    key: Key[Array, ""]
    step: Int[Array, ""]
    probability: Float[Array, ""] | float

    @classmethod
    def of_step(cls, recipe: Recipe, key: Key[Array, ""], state: TrainState) -> "Objectives":
        """Returns the objectives of the step that leads on from a state."""
        adaptation = state.adaptation
        probability = recipe.settings.augment.probability if adaptation is None else adaptation.probability
        return cls(recipe, key, state.step, probability)

    def generate(self, params: PyTree, purpose: str, count: int) -> LabeledImages:
        """Returns this device's share of `count` images, of fresh latents and, where there are classes, fresh labels.

        Classes come as often as in training, so that no logit can be had from a class alone: what Miyato and Koyama
        2018 (section 3) call the ratio of the marginals of the labels is 1.

        Args:
          params: the generator's.
          purpose: names the random streams.
          count: images over all devices.
        """
        latents = draw_latents(self._keys(f"latents_{purpose}", count), self.recipe.settings.model.latent_size)
        labels, class_counts = None, self.recipe.class_counts
        if class_counts:
            labels = draw_labels(self._keys(f"labels_{purpose}", count), class_counts)
        return LabeledImages(self.recipe.generator.apply({"params": params}, latents, labels), labels)

    def real(self, batch: LabeledImages, vectors: Vectors | None, stream: str) -> Objective:
        """Returns the discriminator's objective on real images, with the R1 penalty where it is on."""
        loss, losses = self.recipe.settings.loss, create_losses(self.recipe.settings.loss.kind)
        seen = self._augment(batch, stream)

        def objective(params: PyTree) -> tuple[Float[Array, ""], Metrics]:
            logits = self._classify(params, vectors, seen, stream)
            value = losses.real(logits)
            metrics = {
                "discriminator_loss_real": value,
                "discriminator_accuracy_real": compute_accuracy(logits, 1),
            }
            if self.recipe.settings.augment.is_adaptive:
                metrics["mean_sign_real"] = jnp.mean(jnp.sign(logits))
            if loss.r1:

                def logits_fn(images: Images) -> Float[Array, " local"]:
                    return self._classify(params, vectors, seen._replace(images=images), stream)

                penalty = self._penalize(logits_fn, seen.images)
                metrics["r1_penalty"] = penalty
                value += loss.r1 * penalty
            return value, metrics

        return objective

    def generated(self, batch: LabeledImages, vectors: Vectors | None, stream: str) -> Objective:
        """Returns the discriminator's objective on generated images."""
        losses = create_losses(self.recipe.settings.loss.kind)
        seen = self._augment(batch, stream)

        def objective(params: PyTree) -> tuple[Float[Array, ""], Metrics]:
            logits = self._classify(params, vectors, seen, stream)
            value = losses.generated(logits)
            accuracy = compute_accuracy(logits, 0)
            return value, {"discriminator_loss_generated": value, "discriminator_accuracy_generated": accuracy}

        return objective

    def generator(self, discriminator: PyTree, vectors: Vectors | None, count: int) -> Objective:
        """Returns the generator's objective on `count` fresh latents, through a fixed discriminator."""
        losses = create_losses(self.recipe.settings.loss.kind)

        def objective(params: PyTree) -> tuple[Float[Array, ""], Metrics]:
            seen = self._augment(self.generate(params, "generator", count), "generator")
            logits = self._classify(discriminator, vectors, seen, "generator")
            value = losses.generator(logits)
            return value, {"generator_loss": value, "generator_accuracy": compute_accuracy(logits, 1)}

        return objective

    def _penalize(self, logits_fn: Callable[[Images], Float[Array, " local"]], images: Images) -> Float[Array, ""]:
        """Returns the R1 penalty every `r1_every` steps, as many times its size, and 0 in between."""
        every = self.recipe.settings.loss.r1_every
        if every == 1:
            return r1_penalty(logits_fn, images)
        return jax.lax.cond(
            self.step % every == 0,
            lambda images: every * r1_penalty(logits_fn, images),
            lambda images: jnp.zeros(()),
            images,
        )

    def _augment(self, batch: LabeledImages, stream: str) -> LabeledImages:
        keys = self._keys(f"augment_{stream}", batch.images.shape[0] * jax.lax.axis_size(AXIS))
        return batch._replace(images=augment(batch.images, keys, self.probability, self.recipe.settings.augment))

    def _classify(
        self, params: PyTree, vectors: Vectors | None, batch: LabeledImages, stream: str
    ) -> Float[Array, " local"]:
        if vectors is not None:
            params, _ = normalize(params, vectors)
        keys = self._keys(f"dropout_{stream}", batch.images.shape[0] * jax.lax.axis_size(AXIS))
        return self.recipe.discriminator.apply({"params": params}, batch.images, keys, batch.labels)

    def _keys(self, stream: str, count: int) -> Key[Array, " local"]:
        """Returns the keys of this device's share of `count` examples."""
        local = count // jax.lax.axis_size(AXIS)
        examples = jax.lax.axis_index(AXIS) * local + jnp.arange(local)
        return example_keys(stream_key(self.key, stream, self.step), examples)


def add(objectives: Sequence[Objective]) -> Objective:
    """Returns the sum of objectives of the same parameters."""

    def total(params: PyTree) -> tuple[Float[Array, ""], Metrics]:
        values, metrics = zip(*(objective(params) for objective in objectives), strict=True)
        return sum(values[1:], start=values[0]), {name: value for part in metrics for name, value in part.items()}

    return total
