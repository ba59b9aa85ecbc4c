"""Beyond the paper: the same data, no more operations, and images far closer to real ones.

    python launch.py --config=configs/cxr_best.py --workdir=runs/cxr_best

At 64x64 and an eighth of the width, after 128,000 images (three seeds, stand-in weights), its FID is 0.44 to 0.63,
where the recipe before (`ablation:best_skips`) has 0.51 to 0.63 and real images are at 0.07; recall and the FID of 2048
features are better in each seed. At 128x128, after 640,000 images (two seeds), it is 0.18 and 0.19: docs/results.md.

- Small batches, most of what was gained first: the paper's recipe has an FID of 6.51 to 9.20 after 25,600
  images, and of 3.94 to 4.82 with batches of 16.
- The loss of pairs (`relativistic`) with penalties on real and on generated images, no first moment, and rates twice as
  high that fall over the second half: together, most of what was gained since. Which of them does it is not measured.
- Upsampling before a 3x3 convolution: no checkerboard. The generator has 12.9 million parameters instead of 17.8.
- Each stage of the generator adds an image of its own (`image_skips`): ribs and edges are sharper, for 0.2% more
  operations.
- Each change of the augmentation comes to two images in ten. Where it comes to more, its shifts leak into what is
  generated: that is most of the distance to real images that was left. With few training images
  (hundreds or fewer) more may be better: `--config.augment.probability=0.7`, as it was.
- Minibatch standard deviation, augmentation, averaging and no dropout are as in `ablation:best_logistic`, the recipe
  before, which says what each is worth alone.

Training on an image costs 1.278 times the paper's operations by XLA's count (58.7 against 45.9 GFLOP, for penalties in
every fourth step), so fewer images are seen. A batch of 8 with groups of 4 fits one device; for larger batches, and for
more devices, give the batch size after a colon, a multiple of 8 times the devices:

    python launch.py --config=configs/cxr_best.py:32 --workdir=runs/cxr_best

It sees as many images, and rates, second moment, penalties and length follow from the batch by one rule
(`fit_to_batch`). At 64x64, after 128,000 images, 32 is as good as 8 to within what seeds differ by (one seed), and 128
has 1.5 times the FID, at 1.5 times the operations an image. A run of another length wants its own
optimizer.decay_start and .decay_end: the half and the whole of its steps.
"""

import math

from ml_collections import ConfigDict

from configs import ablation

PENALTIES_REMEMBERED = 6
"""Penalties in the steps that Adam's second moment averages over, 1 / (1 - beta2), at least."""


def get_config(batch_size: str = "8") -> ConfigDict:
    """Returns the recipe of pairs in which each stage of the generator adds an image of its own, for a batch size."""
    if not batch_size.isdecimal() or not int(batch_size) or int(batch_size) % 8:
        raise ValueError(
            f"batch size {batch_size!r} is none of this recipe's: give a multiple of 8, as in cxr_best.py:32"
        )
    config = ablation.get_config("best_light")
    fit_to_batch(config, int(batch_size))
    return config


def fit_to_batch(config: ConfigDict, batch_size: int) -> None:
    """Changes the batch size, and what depends on it, for as many images.

    With k times the images in a batch, rates are the square root of k times as high, and the second moment forgets k
    times as much in a step, so that it is averaged over as many images. This is the scaling rule of Malladi et al. 2022
    (https://arxiv.org/abs/2205.10287), under which the noise of Adam's path stays as it was. There is no first moment,
    epsilon is too small to have a part in it, and the average of the weights counts images anyway. Penalties come
    so often that the second moment averages over `PENALTIES_REMEMBERED`, or in every step.

    Args:
      config: is changed.
      batch_size: the new one.
    """
    times, optimizer = batch_size / config.train.batch_size, config.optimizer
    config.train.batch_size = batch_size
    config.train.steps = round(config.train.steps / times)
    optimizer.generator_learning_rate *= math.sqrt(times)
    optimizer.discriminator_learning_rate *= math.sqrt(times)
    optimizer.beta2 = max(1 - times * (1 - optimizer.beta2), 0.0)
    remembered_steps = 1 / (1 - optimizer.beta2)
    config.loss.r1_every = max(1, min(config.loss.r1_every, int(remembered_steps / PENALTIES_REMEMBERED)))
    optimizer.decay_start = round(optimizer.decay_start / times)
    optimizer.decay_end = round(optimizer.decay_end / times)
