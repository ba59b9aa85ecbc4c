"""DCGAN for chest X-rays in JAX: training, scoring, and proof of what the images are worth."""

__version__ = "0.1.0"
