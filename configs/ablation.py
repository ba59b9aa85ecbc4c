"""The paper's recipe with one thing changed at a time: what each part that cxr_best.py chooses from is worth alone.

    python launch.py --config=configs/ablation.py:average --workdir=runs/average
    python benchmarks/quality.py --configs=cxr,ablation:average,ablation:augment --scale=small --out=runs/quality

Each module in dcgan_jax/training/ that a change turns on names its source.
"""

from typing import Any

from ml_collections import ConfigDict

from configs import cxr

CHANGES: dict[str, dict[str, Any]] = {
    "average": {"average.half_life": 10_000},
    "joint": {"optimizer.discriminator_updates": "joint"},
    "rates": {"optimizer.generator_learning_rate": 2e-4, "optimizer.discriminator_learning_rate": 4e-4},
    "small_batch": {"train.batch_size": 16},
    "augment": {"augment.translation": 0.125, "augment.brightness": 0.2, "augment.contrast": 0.2},
    "augment_cutout": {
        "augment.translation": 0.125,
        "augment.brightness": 0.2,
        "augment.contrast": 0.2,
        "augment.cutout": 0.5,
    },
    "augment_affine": {"augment.rotation": 5.0, "augment.scale": 0.05, "augment.translation": 0.05},
    "adaptive": {
        "augment.translation": 0.125,
        "augment.brightness": 0.2,
        "augment.contrast": 0.2,
        "augment.probability": 0.0,
        "augment.target": 0.6,
        "augment.adaptation_images": 10_000,
    },
    "r1": {"loss.r1": 0.5, "loss.r1_every": 16},
    "spectral_norm": {"model.spectral_norm": True},
    "hinge": {"loss.kind": "hinge"},
    "minibatch_std": {"model.minibatch_std": 4},
    "two_steps": {"optimizer.discriminator_steps": 2},
    "schedule": {"optimizer.warmup_steps": 20, "optimizer.decay_start": 100, "optimizer.decay_end": 200},
    "no_dropout": {"model.dropout": 0.0},
    "resize": {"model.upsample": "resize"},
    "resize_3x3": {"model.upsample": "resize_3x3"},
}


def get_config(change: str = "average") -> ConfigDict:
    """Returns the paper's configuration with one of `CHANGES`."""
    if change not in CHANGES:
        raise ValueError(f"change {change!r} is unknown: use one of {', '.join(CHANGES)}")
    config = cxr.get_config()
    config.update_from_flattened_dict(CHANGES[change])
    return config
