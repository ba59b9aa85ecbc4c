"""The paper: a DCGAN on the 1,341 NORMAL training X-rays of Kermany et al., 128x128, 500 epochs (Kora Venu 2020).

    python launch.py --config=configs/cxr.py --workdir=runs/cxr
    python launch.py --config=configs/cxr.py:smoke --workdir=/tmp/smoke     # the whole path in seconds, on phantoms

Downloads the published archive (1.2 GB) once, or reads a folder given by --config.data.dir. 5,000 steps of
6.3 TFLOP each: for a GPU or a TPU (not yet timed on one; two CPU cores would take days). Scores come every 50
epochs, and in full at the end. The paper reports 1.289 at 768 dims with the official Inception weights; ours under
them is not yet measured.
"""

from ml_collections import ConfigDict

from configs import default


def get_config(variant: str = "") -> ConfigDict:
    """Returns the paper's configuration, or with `:smoke` a tiny run through every part of it."""
    config = default.get_config()
    config.eval.every_epochs = 50
    if variant == "smoke":
        config.data.source = "phantom"
        config.data.phantom_count = 32
        config.data.image_size = 64
        config.model.base_channels = 4
        config.train.batch_size = 16
        config.train.steps = 20
        config.train.sample_every_steps = 10
        config.checkpoint.every_steps = 10
        config.eval.every_epochs = 0
        config.generate.count = 16
    elif variant:
        raise ValueError(f"variant {variant!r} is unknown: use configs/cxr.py or configs/cxr.py:smoke")
    return config
