"""The run whose weights another begins with (`train.init_from`): what is taken from it, and what it had seen."""

from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import PyTree

from dcgan_jax.data.sources.spelling import find_spelling
from dcgan_jax.data.train_files import format_train_files
from dcgan_jax.errors import FieldError
from dcgan_jax.runs.run import Run, open_run
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import Settings
from dcgan_jax.storage import atomic_file
from dcgan_jax.storage.record import Record
from dcgan_jax.training.state import TrainState, state_sha256

_SHAPING = (
    "data.image_size",
    *(
        f"model.{name}"
        for name in ("channels", "base_channels", "latent_size", "upsample", "image_skips", "excitation", "blocks")
    ),
)
"""Fields that say which weights the networks have, and of what shapes."""

_SWITCHES = ("model.minibatch_std", "loss.reconstruction")
"""Fields that say so only by being 0 or not."""


class OriginRecord(Record):
    """origin.json: where the weights that a run began with are from.

    Attributes:
      run: the workdir, as it was given.
      step: completed updates of the checkpoint.
      state_sha256: of its state.
      is_private: whether these weights have seen private images; taken as true where a record does not say.
    """

    run: str
    step: int
    state_sha256: str
    is_private: bool = True


def open_origin(settings: Settings, labels: Sequence[str], mesh: Mesh) -> Run:
    """Opens the run that `train.init_from` names, at the checkpoint that its `eval.checkpoint` names.

    Raises UserError if there is none, its networks have other shapes, or they are told other classes.
    """
    origin = open_run(settings.train.init_from, None, mesh)
    other = {name: of for name, of in origin.settings.differences(settings).items() if name in _SHAPING}
    switches = [(of.model.minibatch_std, of.loss.reconstruction) for of in (origin.settings, settings)]
    for name, own, here in zip(_SWITCHES, *switches, strict=True):
        if bool(own) != bool(here):
            other[name] = own, here
    classes = origin.settings.model.num_classes
    if classes != settings.model.num_classes and not (classes and _spell(settings, origin) in origin.labels):
        other["data.label"] = origin.settings.data.label, settings.data.label
    if other:
        fields = ", ".join(f"config.{name}={own!r} (here {here!r})" for name, (own, here) in other.items())
        message = f"is a run with {fields}: its weights do not fit; give the same values, or another run."
        raise FieldError("config.train.init_from", settings.train.init_from, message)
    if classes and settings.model.num_classes and origin.labels != list(labels):
        theirs, ours = ", ".join(origin.labels), ", ".join(labels)
        message = (
            f"tells the classes {theirs} apart by their order, and here they are {ours}: give a run of the same "
            "classes, or train one of theirs with config.data.label."
        )
        raise FieldError("config.train.init_from", settings.train.init_from, message)
    return origin


def record_origin(origin: Run, workdir: Workdir) -> None:
    """Writes down whose weights a run begins with, and every image that these have seen."""
    seen = [*origin.provenance.rows, *origin.provenance.origin]
    atomic_file.write_text(workdir.origin_files, format_train_files(seen))
    OriginRecord(
        run=str(origin.workdir.root),
        step=origin.step,
        state_sha256=state_sha256(jax.device_get(origin.state)),
        is_private=origin.settings.data.is_private or has_private_origin(origin.workdir),
    ).write(workdir.origin)


def has_private_origin(workdir: Workdir) -> bool:
    """Returns whether a run began with weights that had seen private images.

    Raises UserError if the record of where they are from is damaged.
    """
    return workdir.origin.exists() and OriginRecord.read(workdir.origin).is_private


def take_weights(state: TrainState, origin: Run, settings: Settings) -> TrainState:
    """Returns a first state with the weights of another run; its optimizers and its step stay those of a first state.

    Of a run of several classes a run of one of them takes the networks as they are for that class.
    """
    given = origin.state
    generators = [given.generator, given.sampled_generator]
    discriminator = given.discriminator
    if origin.settings.model.num_classes and not settings.model.num_classes:
        number, latent_size = origin.labels.index(_spell(settings, origin)), settings.model.latent_size
        generators = [_generator_of_class(params, number, latent_size) for params in generators]
        discriminator = _discriminator_of_class(discriminator, number)
    generator, averaged = (jax.tree.map(jnp.copy, params) for params in generators)  # the state is donated
    vectors = state.spectral_vectors
    if vectors is not None and given.spectral_vectors is not None:
        vectors = {name: given.spectral_vectors[name] for name in vectors}
    return replace(
        state,
        generator=generator,
        discriminator=discriminator,
        averaged_generator=None if state.averaged_generator is None else averaged,
        spectral_vectors=vectors,
    )


def _spell(settings: Settings, origin: Run) -> str:
    return find_spelling(settings.data.label, origin.labels)


def _generator_of_class(params: PyTree, number: int, latent_size: int) -> PyTree:
    """Returns the generator that draws one class alone: what its one-hot input adds becomes part of the bias."""
    project = params["project"]
    kernel = project["kernel"]
    return {
        **params,
        "project": {"kernel": kernel[:latent_size], "bias": project["bias"] + kernel[latent_size + number]},
    }


def _discriminator_of_class(params: PyTree, number: int) -> PyTree:
    """Returns the discriminator that judges one class alone: its embedding becomes part of the last kernel."""
    kept = {name: layer for name, layer in params.items() if name != "class_embedding"}
    to_logit, embedding = params["to_logit"], params["class_embedding"]["kernel"]
    return {**kept, "to_logit": {**to_logit, "kernel": to_logit["kernel"] + embedding[number][:, None]}}
