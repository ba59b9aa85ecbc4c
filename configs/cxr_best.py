"""DRAFT"""

from ml_collections import ConfigDict

from configs import cxr


def get_config() -> ConfigDict:
    """Returns the configuration."""
    config = cxr.get_config()
    config.train.batch_size = 32
    config.train.epochs = 488
    config.model.minibatch_std = 4
    config.model.dropout = 0.0
    config.loss.r1 = 0.5
    config.optimizer.discriminator_updates = "joint"
    config.optimizer.generator_learning_rate = 2e-4
    config.optimizer.discriminator_learning_rate = 4e-4
    config.augment.translation = 0.125
    config.augment.brightness = 0.2
    config.augment.contrast = 0.2
    config.average.half_life = 10_000
    return config
