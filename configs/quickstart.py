"""Minutes on a laptop's CPU: a small DCGAN on drawn chest phantoms. Nothing is downloaded.

python launch.py --config=configs/quickstart.py
"""

from ml_collections import ConfigDict

from configs import default


def get_config() -> ConfigDict:
    """Returns the quickstart's configuration."""
    config = default.get_config()
    config.data.source = "phantom"
    config.data.phantom_count = 256
    config.data.image_size = 64
    config.model.base_channels = 8
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 1e-4
    config.train.batch_size = 32
    config.train.steps = 1200
    config.train.sample_every_steps = 200
    config.checkpoint.every_steps = 200
    config.generate.count = 64
    config.study.readers = 2
    config.study.images = 20
    return config
