"""Your own X-rays, on a laptop or one GPU: cxr_best.py at a size that fits the machine, for a number of images.

    python launch.py --config=configs/own.py --workdir=runs/mine --config.data.dir=/data/xrays --config.data.label=COVID

docs/own_data.md goes through it step by step, with what comes out after which time. What is chosen by the machine:

- Where JAX finds no GPU or TPU: 64x64 pixels, networks an eighth as wide as the paper's, 64,000 images; in bfloat16 on
  CPUs with AMX (Intel's Xeons since 2023), where that takes about two thirds of the time.
- Else: 128x128 pixels, networks of full width, 640,000 images, as in the paper; not yet timed. A batch of 8 is for one
  device: `CUDA_VISIBLE_DEVICES=0` where there are several.

Any of it can be given otherwise: `--config.data.image_size=128 --config.model.base_channels=16`; for another length
give `optimizer.decay_start` and `decay_end`, in steps of 8 images, too. A run says what holds when it starts.

Each change of the augmentation comes to seven images in ten, not to two as in cxr_best.py: what is known of classes of
tens or hundreds of images (docs/results.md) was measured so.

A tenth of the patients is held out for the scores and for the search for copies. Scores come from 128 images of ten
latent seeds.
"""

from ml_collections import ConfigDict

from configs import cxr_best
from dcgan_jax.runtime.accelerators import expects_accelerator, has_amx


def get_config() -> ConfigDict:
    """Returns the configuration for this machine."""
    config = cxr_best.get_config()
    config.data.holdout = 0.1
    config.augment.probability = 0.7
    if expects_accelerator():
        config.train.images = 640_000
    else:
        config.data.image_size = 64
        config.model.base_channels = 8
        config.train.images = 64_000
        if has_amx():
            config.model.dtype = "bfloat16"
    steps = config.train.images // config.train.batch_size
    # The best recipe has its length in steps, and its rates fall in a part of it: in the same part of this one.
    config.train.steps = 0
    config.optimizer.decay_start = steps * config.optimizer.decay_start // config.optimizer.decay_end
    config.optimizer.decay_end = steps
    config.train.sample_every_steps = steps // 16
    config.checkpoint.every_steps = steps // 16
    config.eval.every_epochs = 0
    config.eval.every_steps = steps // 8
    config.eval.num_samples = 128
    return config
