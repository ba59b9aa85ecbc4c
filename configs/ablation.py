"""The paper's recipe with one thing changed at a time: what each part that cxr_best.py chooses from is worth alone.

Changes whose names begin with `best_` are of cxr_best.py: what a part of it is worth among the others.

    python launch.py --config=configs/ablation.py:average --workdir=runs/average
    python benchmarks/quality.py --configs=cxr,ablation:average,ablation:augment --scale=small --out=runs/quality

Each module in dcgan_jax/training/ that a change turns on names its source.
"""

from typing import Any

from ml_collections import ConfigDict

from configs import cxr, cxr_best

_AUGMENT = {"augment.translation": 0.125, "augment.brightness": 0.2, "augment.contrast": 0.2}

CHANGES: dict[str, dict[str, Any]] = {
    "average": {"average.half_life": 10_000},
    "joint": {"optimizer.discriminator_updates": "joint"},
    "rates": {"optimizer.generator_learning_rate": 2e-4, "optimizer.discriminator_learning_rate": 4e-4},
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

BEST_CHANGES: dict[str, dict[str, Any]] = {
    "best_transposed": {"model.upsample": "transposed"},
}


def get_config(change: str = "average") -> ConfigDict:
    """Returns the paper's configuration with one of `CHANGES`, or cxr_best's with one of `BEST_CHANGES`."""
    if change in CHANGES:
        config, fields = cxr.get_config(), CHANGES[change]
    elif change in BEST_CHANGES:
        config, fields = cxr_best.get_config(), BEST_CHANGES[change]
    else:
        raise ValueError(f"change {change!r} is unknown: use one of {', '.join([*CHANGES, *BEST_CHANGES])}")
    config.update_from_flattened_dict(fields)
    return config
