"""What the two networks minimize in one step, as functions of their parameters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from dcgan_jax.data.pipeline import LabeledImages
from dcgan_jax.random_streams import draw_labels, draw_latents, example_keys, stream_key
from dcgan_jax.runtime.devices import AXIS
from dcgan_jax.training.annealing import compute_penalty_scale
from dcgan_jax.training.augmentation import augment
from dcgan_jax.training.losses import (
    LOSSES,
    compute_accuracy,
    gradient_penalty,
    imle_loss,
    mode_seeking_loss,
    reconstruction_loss,
    relativistic_loss,
)
from dcgan_jax.training.spectral_norm import Vectors, normalize
from dcgan_jax.training.state import Recipe, TrainState

Kind = Literal["real", "generated"]
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

        Args:
          params: the generator's.
          purpose: names the random streams.
          count: images over all devices.
        """
        return self._draw(params, self._latents(purpose, count), purpose, count)

    def real(self, batch: LabeledImages, vectors: Vectors | None, stream: str) -> Objective:
        """Returns the discriminator's objective on real images, with the R1 penalty where it is on."""
        return self._of_kind("real", batch, vectors, stream)

    def generated(self, batch: LabeledImages, vectors: Vectors | None, stream: str) -> Objective:
        """Returns the discriminator's objective on generated images, with the R2 penalty where it is on."""
        return self._of_kind("generated", batch, vectors, stream)

    def _of_kind(self, kind: Kind, batch: LabeledImages, vectors: Vectors | None, stream: str) -> Objective:
        settings = self.recipe.settings
        losses = LOSSES[settings.loss.kind]
        loss_fn = losses.real if kind == "real" else losses.generated
        seen = self._augment(batch, stream)

        def objective(params: PyTree) -> tuple[Float[Array, ""], Metrics]:
            logits, sown = self._judge(params, vectors, seen, stream)
            value = loss_fn(logits)
            metrics = {
                f"discriminator_loss_{kind}": value,
                f"discriminator_accuracy_{kind}": compute_accuracy(logits, 1 if kind == "real" else 0),
            }
            if kind == "real" and settings.augment.is_adaptive:
                metrics["mean_sign_real"] = jnp.mean(jnp.sign(logits))
            error, errors = self._compare_reconstruction(sown, seen) if kind == "real" else (0.0, {})
            penalty, penalties = self._penalize(kind, params, vectors, seen, stream)
            return value + error + penalty, metrics | errors | penalties

        return objective

    def pairs(self, real: LabeledImages, generated: LabeledImages, vectors: Vectors | None, stream: str) -> Objective:
        """Returns the discriminator's objective on pairs of a real and a generated image, augmented alike.

        What is reported of both kinds is the loss of the pairs, and the share in which the real image has more.
        """
        settings = self.recipe.settings
        seen_real, seen_generated = (self._augment(batch, f"pairs{stream}") for batch in (real, generated))

        def objective(params: PyTree) -> tuple[Float[Array, ""], Metrics]:
            of_real, sown = self._judge(params, vectors, seen_real, f"real{stream}")
            of_generated = self._classify(params, vectors, seen_generated, f"generated{stream}")
            value, accuracy = relativistic_loss(of_real, of_generated), compute_accuracy(of_real - of_generated, 1)
            metrics = {
                "discriminator_loss_real": value,
                "discriminator_loss_generated": value,
                "discriminator_accuracy_real": accuracy,
                "discriminator_accuracy_generated": accuracy,
            }
            if settings.augment.is_adaptive:
                metrics["mean_sign_real"] = jnp.mean(jnp.sign(of_real - of_generated))
            error, errors = self._compare_reconstruction(sown, seen_real)
            penalty, penalties = self._penalize("real", params, vectors, seen_real, f"real{stream}")
            value, metrics = value + error + penalty, metrics | errors | penalties
            penalty, penalties = self._penalize("generated", params, vectors, seen_generated, f"generated{stream}")
            return value + penalty, metrics | penalties

        return objective

    def generator(self, discriminator: PyTree, vectors: Vectors | None, count: int, real: LabeledImages) -> Objective:
        """Returns the generator's objective on `count` fresh latents, through a fixed discriminator.

        Args:
          discriminator: its parameters.
          vectors: of its spectral normalization.
          count: images over all devices.
          real: this device's share of `count` / 2 real images: each the better one of two pairs, where there are some,
            and one that asks for a generated one near it, with IMLE.
        """
        settings = self.recipe.settings

        def objective(params: PyTree) -> tuple[Float[Array, ""], Metrics]:
            latents = self._latents("generator", count)
            images = self._draw(params, latents, "generator", count)
            is_of_pairs = settings.loss.kind == "relativistic"
            seen_real = self._augment(real, "generator" if is_of_pairs else "generator_real")
            of_real, sown_real = self._judge(discriminator, vectors, seen_real, "generator_real")
            if is_of_pairs:
                # Neighbors share a real image, and its changes: on any number of devices they are the same pairs.
                keys = jnp.repeat(self._keys("augment_generator", count // 2), 2)
                logits, sown = self._judge(discriminator, vectors, self._augmented(images, keys), "generator")
                logits -= jnp.repeat(of_real, 2)
                value = relativistic_loss(logits, jnp.zeros_like(logits))
            else:
                logits, sown = self._judge(discriminator, vectors, self._augment(images, "generator"), "generator")
                value = LOSSES[settings.loss.kind].generator(logits)
            metrics = {"generator_loss": value, "generator_accuracy": compute_accuracy(logits, 1)}
            if settings.loss.mode_seeking:
                metrics["mode_seeking"] = mode_seeking_loss(images.images, latents)
                value += settings.loss.mode_seeking * metrics["mode_seeking"]
            if settings.loss.imle:
                metrics["imle"] = self._imle(sown_real["features"], real.labels, sown["features"], images.labels)
                value += settings.loss.imle * metrics["imle"]
            return value, metrics

        return objective

    def _imle(
        self,
        real: Float[Array, "real feature"],
        real_labels: Int[Array, " real"] | None,
        generated: Float[Array, "generated feature"],
        labels: Int[Array, " generated"] | None,
    ) -> Float[Array, ""]:
        """Returns `imle_loss` of the images of all devices: the nearest one may be on another."""
        shares = (real, real_labels, generated, labels)
        real, real_labels, generated, labels = jax.lax.all_gather(shares, AXIS, tiled=True)
        is_same_class = None if real_labels is None or labels is None else real_labels[:, None] == labels[None]
        return imle_loss(real, generated, is_same_class)

    def _latents(self, purpose: str, count: int) -> Float[Array, "local latent"]:
        return draw_latents(self._keys(f"latents_{purpose}", count), self.recipe.settings.model.latent_size)

    def _draw(self, params: PyTree, latents: Float[Array, "local latent"], purpose: str, count: int) -> LabeledImages:
        """Returns the images of latents, of classes that come as often as in training.

        So no logit can be had from a class alone: what Miyato and Koyama 2018 (section 3) call the ratio of the
        marginals of the labels is 1.
        """
        labels, class_weights = None, self.recipe.class_weights
        if class_weights:
            labels = draw_labels(self._keys(f"labels_{purpose}", count), class_weights)
        return LabeledImages(self.recipe.generator.apply({"params": params}, latents, labels), labels)

    def _compare_reconstruction(
        self, sown: dict[str, Float[Array, "local ..."]], seen: LabeledImages
    ) -> tuple[Float[Array, ""] | float, Metrics]:
        """Returns the weighted error of the discriminator's reconstruction of real images, and what is reported of it.

        It is 0, and not reported, where its weight is 0.
        """
        weight = self.recipe.settings.loss.reconstruction
        if not weight:
            return 0.0, {}
        error = reconstruction_loss(sown["reconstruction"], seen.images)
        return weight * error, {"reconstruction": error}

    def _penalize(
        self, kind: Kind, params: PyTree, vectors: Vectors | None, seen: LabeledImages, stream: str
    ) -> tuple[Float[Array, ""] | float, Metrics]:
        """Returns the weighted gradient penalty on real (R1) or generated images (R2), and what is reported of it.

        It is 0, and not reported, where its weight is 0. It is taken every `r1_every` steps, as many times its size,
        and is 0 in between.
        """
        settings = self.recipe.settings
        name, weight = ("r1_penalty", settings.loss.r1) if kind == "real" else ("r2_penalty", settings.loss.r2)
        if not weight:
            return 0.0, {}

        def logits_fn(images: Images) -> Float[Array, " local"]:
            return self._classify(params, vectors, seen._replace(images=images), stream)

        every = settings.loss.r1_every
        if every == 1:
            penalty = gradient_penalty(logits_fn, seen.images)
        else:
            penalty = jax.lax.cond(
                self.step % every == 0,
                lambda images: every * gradient_penalty(logits_fn, images),
                lambda images: jnp.zeros(()),
                seen.images,
            )
        if settings.loss.penalty_decay_to == 1:
            return weight * penalty, {name: penalty}
        return weight * compute_penalty_scale(self.step, settings.loss, settings.optimizer) * penalty, {name: penalty}

    def _augment(self, batch: LabeledImages, stream: str) -> LabeledImages:
        keys = self._keys(f"augment_{stream}", batch.images.shape[0] * jax.lax.axis_size(AXIS))
        return self._augmented(batch, keys)

    def _augmented(self, batch: LabeledImages, keys: Key[Array, " local"]) -> LabeledImages:
        return batch._replace(images=augment(batch.images, keys, self.probability, self.recipe.settings.augment))

    def _classify(
        self, params: PyTree, vectors: Vectors | None, batch: LabeledImages, stream: str
    ) -> Float[Array, " local"]:
        return self._judge(params, vectors, batch, stream)[0]

    def _judge(
        self, params: PyTree, vectors: Vectors | None, batch: LabeledImages, stream: str
    ) -> tuple[Float[Array, " local"], dict[str, Float[Array, "local ..."]]]:
        """Returns the logits, and what the discriminator sows beside them."""
        if vectors is not None:
            params, _ = normalize(params, vectors)
        keys = self._keys(f"dropout_{stream}", batch.images.shape[0] * jax.lax.axis_size(AXIS))
        logits, sown = self.recipe.discriminator.apply(
            {"params": params}, batch.images, keys, batch.labels, mutable="intermediates"
        )
        return logits, {name: value for name, (value,) in sown["intermediates"].items()}

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
