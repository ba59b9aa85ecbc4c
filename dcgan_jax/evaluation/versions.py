"""What every record says about where its numbers come from: the weights and the versions."""

from dcgan_jax import version
from dcgan_jax.inception.weights import InceptionWeights

_PACKAGES = ("jax", "flax", "numpy", "pillow")


def describe_weights(weights: InceptionWeights) -> list[str]:
    """Returns a sentence if the weights are not those that published scores were measured with."""
    if weights.label == "official":
        return []
    return [
        f"These are {weights.label}, not the official ones: the scores compare only with others of the same weights."
    ]


def collect_versions() -> dict[str, str]:
    """Returns the versions of this package and of those that shape a score."""
    return {"dcgan_jax": version.__version__} | version.collect_versions(*_PACKAGES)
