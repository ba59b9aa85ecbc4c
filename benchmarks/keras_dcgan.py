"""The paper's networks and training loop in Keras: an independent reference for the numbers and for the time.

As in korasagar/DCGAN-ChestXray, DCGAN.py: a compiled discriminator, and a compiled combination of the generator with
the frozen discriminator, both trained by `train_on_batch`. Layers carry the names of our parameters.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
from jaxtyping import Float, PyTree
from keras import layers

from dcgan_jax.models import discriminator, generator
from dcgan_jax.models.layers import LEAK
from dcgan_jax.settings import Settings

Images = Float[np.ndarray, "batch height width channels"]
Latents = Float[np.ndarray, "batch latent"]


class KerasDcgan:
    """Two networks and their optimizers, in Keras.

    Attributes:
      generator: latents -> images in [-1, 1].
      discriminator: images -> probability of being real.
      combined: latents -> probability that the fixed discriminator takes their images for real.
    """

    def __init__(self, settings: Settings, dropout: float = 0.4, jit_compile: bool | str = "auto"):
        """Builds and compiles the networks.

        Args:
          settings: sizes, batch size and Adam's constants are taken from here.
          dropout: share of the discriminator's last features that are dropped while training.
          jit_compile: whether Keras compiles its steps with XLA; "auto" is its default.
        """
        image_shape = (settings.data.image_size, settings.data.image_size, settings.model.channels)
        latent_size, width = settings.model.latent_size, settings.model.base_channels
        constants = settings.optimizer
        compiled = {"loss": "binary_crossentropy", "metrics": ["accuracy"], "jit_compile": jit_compile}

        def adam(learning_rate: float) -> keras.optimizers.Optimizer:
            return keras.optimizers.Adam(learning_rate, constants.beta1, constants.beta2, constants.epsilon)

        self.generator = create_generator(latent_size, image_shape, width)
        self.discriminator = create_discriminator(image_shape, width, dropout)
        self.discriminator.compile(optimizer=adam(constants.discriminator_learning_rate), **compiled)
        # At a model's first step Keras decides for good what the step trains. So one step is taken, and undone, before
        # the discriminator is frozen; the author's order would freeze it in its own training too.
        weights = self.discriminator.get_weights()
        self.train_discriminator(np.zeros((settings.train.batch_size // 2, *image_shape), np.float32), real=True)
        self.discriminator.set_weights(weights)
        _reset(self.discriminator.optimizer)

        self.discriminator.trainable = False
        latents = keras.Input((latent_size,))
        self.combined = keras.Model(latents, self.discriminator(self.generator(latents)))
        self.combined.compile(optimizer=adam(constants.generator_learning_rate), **compiled)

    def iterate(self, real: Images, latents: Latents, fresh_latents: Latents) -> tuple[float, float, float]:
        """Runs the paper's iteration.

        Args:
          real: half a batch of real images.
          latents: of the half batch of generated images.
          fresh_latents: the batch of the generator's update.

        Returns:
          The discriminator's losses on real and on generated images, and the generator's.
        """
        loss_real = self.train_discriminator(real, real=True)
        loss_generated = self.train_discriminator(self.generator.predict_on_batch(latents), real=False)
        return loss_real, loss_generated, self.train_generator(fresh_latents)

    def train_discriminator(self, images: Images, real: bool) -> float:
        """Updates the discriminator towards `real`, and returns its loss before the update."""
        return float(self.discriminator.train_on_batch(images, np.full((len(images), 1), float(real)))[0])

    def train_generator(self, latents: Latents) -> float:
        """Updates the generator through the fixed discriminator, and returns its loss before the update."""
        return float(self.combined.train_on_batch(latents, np.ones((len(latents), 1)))[0])


def create_generator(latent_size: int, image_shape: tuple[int, int, int], width: int) -> keras.Sequential:
    """Builds the generator; `width` is the number of channels of its last stage."""
    side, channels = image_shape[0] // 2**generator.STAGES, width * 2**generator.STAGES
    model = keras.Sequential([keras.Input((latent_size,)), layers.Dense(side * side * channels, name="project")])
    model.add(layers.LeakyReLU(negative_slope=LEAK))
    model.add(layers.Reshape((side, side, channels)))
    for stage in range(generator.STAGES):
        channels //= 2
        model.add(layers.Conv2DTranspose(channels, 4, strides=2, padding="same", name=f"stage_{stage}"))
        model.add(layers.LeakyReLU(negative_slope=LEAK))
    model.add(layers.Conv2D(image_shape[2], 5, padding="same", activation="tanh", name="to_image"))
    return model


def create_discriminator(image_shape: tuple[int, int, int], width: int, dropout: float) -> keras.Sequential:
    """Builds the discriminator; `width` is the number of channels of its first convolution."""
    model = keras.Sequential([keras.Input(image_shape), layers.Conv2D(width, 5, padding="same", name="from_image")])
    model.add(layers.LeakyReLU(negative_slope=LEAK))
    for stage in range(discriminator.STAGES):
        channels = width * 2 ** (stage + 1)
        model.add(layers.Conv2D(channels, 5, strides=2, padding="same", name=f"stage_{stage}"))
        model.add(layers.LeakyReLU(negative_slope=LEAK))
    model.add(layers.Flatten())
    model.add(layers.Dropout(dropout))
    model.add(layers.Dense(1, activation="sigmoid", name="to_logit"))
    return model


def set_params(model: keras.Model, params: PyTree) -> None:
    """Gives a network the parameters of our module of the same kind."""
    for name, values in params.items():
        model.get_layer(name).set_weights([np.asarray(values["kernel"]), np.asarray(values["bias"])])


def get_params(model: keras.Model) -> PyTree:
    """Returns a network's parameters as our module of the same kind holds them."""
    return _as_params(model, model.get_weights())


def get_moments(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> tuple[PyTree, PyTree]:
    """Returns Adam's first and second moments of a network's parameters, as `get_params` returns those."""
    # Keras makes no such list public; its optimizers keep them in the order of the weights that they train.
    return tuple(
        _as_params(model, [keras.ops.convert_to_numpy(moment) for moment in moments])
        for moments in (optimizer._momentums, optimizer._velocities)
    )


def _as_params(model: keras.Model, values: list[np.ndarray]) -> PyTree:
    names = [layer.name for layer in model.layers if layer.weights]
    return {name: {"kernel": values[2 * i], "bias": values[2 * i + 1]} for i, name in enumerate(names)}


def _reset(optimizer: keras.optimizers.Optimizer) -> None:
    for variable in [optimizer.iterations, *optimizer._momentums, *optimizer._velocities]:
        variable.assign(np.zeros(variable.shape, variable.dtype))
