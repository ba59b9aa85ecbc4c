"""The chest X-rays of Kermany et al., or any folder of images, as the TFDS dataset `chest_xray`.

Importing this registers the dataset, and takes TensorFlow Datasets:

    import tensorflow_datasets as tfds
    import dcgan_jax.data.chest_xray

    train = tfds.load("chest_xray", split="train", data_dir=..., builder_kwargs=dict(image_dir="xrays"))
"""

from dcgan_jax.data.chest_xray.chest_xray_dataset_builder import Builder

__all__ = ["Builder"]
