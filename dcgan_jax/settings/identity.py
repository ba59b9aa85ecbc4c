"""Which fields make a run what it is, and the form in which they are compared and digested."""

from typing import Any

_IDENTITY_SECTIONS = ("seed", "data", "model", "loss", "optimizer", "augment", "average")
_NOT_IDENTITY = ("data.dir", "data.labels", "data.placement", "data.device_budget_mib")
_FROM_THE_DATA = "model.num_classes"  # `data.label` and the training images decide it, and both are in the identity

_OF_VERSION_0_1 = {
    "data": "source variant label image_size resize aspect intensity on_bad_image holdout fraction split_seed sampling "
    "phantom_count",
    "model": "channels base_channels latent_size upsample dropout minibatch_std spectral_norm dtype",
    "loss": "kind r1 r1_every",
    "optimizer": "generator_learning_rate discriminator_learning_rate beta1 beta2 epsilon discriminator_updates "
    "discriminator_steps warmup_steps decay_start decay_end decay_to",
    "augment": "probability rotation scale translation brightness contrast cutout target adaptation_images",
    "average": "half_life ramp_up",
    "train": "batch_size",
}
"""The fields of the first version, all of which its runs' digests count. Never changed: checkpoints carry those."""

_ALWAYS_COUNTED = {
    "seed",
    *(f"{section}.{name}" for section, names in _OF_VERSION_0_1.items() for name in names.split()),
}


def makes_the_run(name: str) -> bool:
    """Returns whether a field, given by its dotted name, makes a run what it is: it must not change on resuming.

    `data.dir` and `data.labels` may: data may move, and the images themselves are compared through train_files.tsv.
    """
    section = name.split(".")[0]
    return name in ("train.batch_size", "train.init_from") or (
        section in _IDENTITY_SECTIONS and name not in _NOT_IDENTITY
    )


def select_identity(values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Returns the fields that make a run what it is, without those that the data decide.

    A field that came after the first version counts only where it differs from its default: one that is off leaves
    every older run the run that it was. So the default of such a field must never change.

    Args:
      values: of all fields, by their dotted names.
      defaults: the same.
    """
    return {
        name: value
        for name, value in values.items()
        if makes_the_run(name) and name != _FROM_THE_DATA and (name in _ALWAYS_COUNTED or value != defaults[name])
    }
