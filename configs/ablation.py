"""The paper's recipe with one thing changed at a time: what each part that cxr_best.py chooses from is worth alone.

Those whose names begin with `best_` are of cxr_best.py as it was: before the loss of pairs (`best_logistic`; with
transposed convolutions: `best_transposed`), while every image was augmented (`best_pairs`), before the generator's
stages added images of their own (`best_plain`), and while seven images in ten were augmented (`best_skips`). Today it
is `best_light`. `best_blocks` and `best_light_blocks` have a residual block at each size besides, at 1.8 times the
operations.

    python launch.py --config=configs/ablation.py:average --workdir=runs/average
    python benchmarks/quality.py --configs=cxr,ablation:average,ablation:augment --scale=small --out=runs/quality

Each module in dcgan_jax/training/ that a change turns on names its source.
"""

from typing import Any

from ml_collections import ConfigDict

from configs import cxr

_AUGMENT = {"augment.translation": 0.125, "augment.brightness": 0.2, "augment.contrast": 0.2}
_RATES = {"optimizer.generator_learning_rate": 2e-4, "optimizer.discriminator_learning_rate": 4e-4}
_R1 = {"loss.r1": 0.5, "loss.r1_every": 16}

CHANGES: dict[str, dict[str, Any]] = {
    "average": {"average.half_life": 10_000},
    "joint": {"optimizer.discriminator_updates": "joint"},
    "rates": _RATES,
    "small_batch": {"train.batch_size": 16},
    "augment": _AUGMENT,
    "augment_cutout": {**_AUGMENT, "augment.cutout": 0.5},
    "augment_affine": {"augment.rotation": 5.0, "augment.scale": 0.05, "augment.translation": 0.05},
    "adaptive": {
        **_AUGMENT,
        "augment.probability": 0.0,
        "augment.target": 0.6,
        "augment.adaptation_images": 10_000,
    },
    "r1": _R1,
    "spectral_norm": {"model.spectral_norm": True},
    "hinge": {"loss.kind": "hinge"},
    "minibatch_std": {"model.minibatch_std": 4},
    "two_steps": {"optimizer.discriminator_steps": 2},
    "schedule": {"optimizer.warmup_steps": 20, "optimizer.decay_start": 100, "optimizer.decay_end": 200},
    "no_dropout": {"model.dropout": 0.0},
    "resize": {"model.upsample": "resize"},
    "resize_3x3": {"model.upsample": "resize_3x3"},
}

_LOGISTIC = {
    "train.batch_size": 8,
    "train.epochs": 466,
    "optimizer.discriminator_updates": "joint",
    **_RATES,
    **_R1,
    "model.upsample": "resize_3x3",
    "model.dropout": 0.0,
    "model.minibatch_std": 4,
    **_AUGMENT,
    "average.half_life": 10_000,
}
_PAIRS = {
    **_LOGISTIC,
    "train.steps": 62_600,  # 500,800 images, for the operations of the paper's 640,000
    "loss.kind": "relativistic",
    "loss.r2": 0.5,
    "loss.r1_every": 4,
    "optimizer.beta1": 0.0,
    "optimizer.beta2": 0.99,
    "optimizer.generator_learning_rate": 4e-4,
    "optimizer.discriminator_learning_rate": 8e-4,
    "optimizer.decay_start": 31_300,
    "optimizer.decay_end": 62_600,
    "optimizer.decay_to": 0.05,
}
_PLAIN = {**_PAIRS, "augment.probability": 0.7}
_SKIPS = {**_PLAIN, "model.image_skips": True}
_LIGHT = {**_SKIPS, "augment.probability": 0.2}
CHANGES |= {
    "best_logistic": _LOGISTIC,
    "best_transposed": {**_LOGISTIC, "model.upsample": "transposed"},
    "best_pairs": _PAIRS,
    "best_plain": _PLAIN,
    "best_skips": _SKIPS,
    "best_blocks": {**_SKIPS, "model.blocks": 1},
    "best_light": _LIGHT,
    "best_light_blocks": {**_LIGHT, "model.blocks": 1},
}


def get_config(change: str = "average") -> ConfigDict:
    """Returns the paper's configuration with one of `CHANGES`."""
    if change not in CHANGES:
        raise ValueError(f"change {change!r} is unknown: use one of {', '.join(CHANGES)}")
    config = cxr.get_config()
    config.update_from_flattened_dict(CHANGES[change])
    return config
