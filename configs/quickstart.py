"""Minutes on a laptop's CPU: cxr_best's recipe, small, on drawn chest phantoms. Nothing is downloaded.

python launch.py --config=configs/quickstart.py
"""

from ml_collections import ConfigDict

from configs import cxr_best


def get_config() -> ConfigDict:
    """Returns the quickstart's configuration."""
    config = cxr_best.get_config()
    config.data.source = "phantom"
    config.data.phantom_count = 256
    config.data.image_size = 64
    config.model.base_channels = 8
    config.train.batch_size = 16
    config.model.minibatch_std = 2  # so that four devices can divide it
    config.train.steps = 2400
    config.optimizer.decay_start = 1200
    config.optimizer.decay_end = 2400
    config.train.sample_every_steps = 400
    config.checkpoint.every_steps = 400
    config.eval.every_epochs = 0  # without Inception weights there is nothing to score with
    config.generate.count = 64
    config.study.readers = 2
    config.study.images = 20
    return config
