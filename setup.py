"""What pyproject.toml cannot say: configs/ stays at the top of the repository, and is installed inside the package."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["dcgan_jax*"]), "dcgan_jax.configs"],
    package_dir={"dcgan_jax.configs": "configs"},
)
