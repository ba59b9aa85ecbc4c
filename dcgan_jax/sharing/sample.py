"""Draws synthetic images from the generator in this folder: weights.safetensors, of the shape that settings.json says.

    pip install jax numpy pillow safetensors
    python sample.py --count=16 --seed=0 --out=images

They are the PNG files that `--mode=generate` of dcgan_jax writes of the same seed (those that it leaves out as near
copies of training images are drawn here): to the byte where the same versions of JAX and Pillow compute on the same
kind of device, else to rounding, one gray level.
"""

import argparse
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from safetensors.numpy import load_file

BATCH = 64  # of dcgan_jax: sums of other sizes may round in another way
STAGES = 4  # each doubles height and width


def conv(x: jax.Array, kernel: jax.Array, stride: int = 1) -> jax.Array:
    """Returns the convolution [n, h, w, in] -> [n, h / stride, w / stride, out], with zeros around."""
    return lax.conv_general_dilated(x, kernel, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def conv_transpose(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Returns [n, h, w, in] -> [n, 2h, 2w, out] for a kernel [kh, kw, out, in]: `conv` with stride 2, transposed."""
    count, height, width, _ = x.shape
    larger = jax.ShapeDtypeStruct((count, 2 * height, 2 * width, kernel.shape[2]), x.dtype)
    return jax.linear_transpose(lambda y: conv(y, kernel, 2), larger)(x)[0]


def join_upsampling(kernel: jax.Array) -> jax.Array:
    """Returns the kernel of the transposed convolution that repeats each pixel 2x2 and then convolves by `kernel`."""
    kernel = jnp.pad(kernel[::-1, ::-1].swapaxes(2, 3), ((1, 1), (1, 1), (0, 0), (0, 0)))
    kernel = kernel[1:] + kernel[:-1]
    return kernel[:, 1:] + kernel[:, :-1]


def generate(
    weights: dict[str, jax.Array], latents: jax.Array, label: int, model: dict[str, Any], image_size: int
) -> jax.Array:
    """Returns images in [-1, 1], [n, size, size, channels], of latents [n, latent] and the number of a class."""
    dtype = jnp.dtype(model["dtype"])
    small, width = image_size // 2**STAGES, model["base_channels"] * 2**STAGES

    def layer(name: str, operation: Callable[[jax.Array, jax.Array], jax.Array], x: jax.Array) -> jax.Array:
        kernel, bias = weights[f"{name}/kernel"], weights[f"{name}/bias"]
        return (operation(x.astype(dtype), kernel).astype(jnp.float32) + bias).astype(dtype)

    def dense(x: jax.Array, kernel: jax.Array) -> jax.Array:
        return x @ kernel.astype(dtype)

    def convolve(x: jax.Array, kernel: jax.Array) -> jax.Array:
        return conv(x, kernel.astype(dtype))

    def grow(x: jax.Array, kernel: jax.Array) -> jax.Array:
        if model["upsample"] != "transposed":
            kernel = join_upsampling(kernel)
        return conv_transpose(x, kernel.astype(dtype))

    def activate(x: jax.Array) -> jax.Array:
        x = jax.nn.leaky_relu(x, negative_slope=0.2)
        if model.get("pixel_norm"):
            squares = jnp.mean(jnp.square(x.astype(jnp.float32)), axis=-1, keepdims=True)
            x = (x * lax.rsqrt(squares + 1e-8)).astype(x.dtype)
        return x

    def residual(x: jax.Array, name: str) -> jax.Array:
        active, gain = jax.nn.leaky_relu(x, negative_slope=0.2), weights[f"{name}/gain"]
        return layer(name, lambda x, kernel: convolve(x, gain * kernel), active)

    def excite(x: jax.Array, name: str) -> jax.Array:
        pooled = jax.image.resize(x, (len(x), 4, 4, x.shape[-1]), "linear").reshape(len(x), -1)
        hidden = jax.nn.leaky_relu(layer(f"{name}_in", dense, pooled), negative_slope=0.2)
        return 2.0 * jax.nn.sigmoid(layer(f"{name}_out", dense, hidden))[:, None, None, :]

    if model["num_classes"]:
        of_class = jax.nn.one_hot(jnp.full(len(latents), label), model["num_classes"])
        latents = jnp.concatenate([latents, of_class], axis=-1)
    x = activate(layer("project", dense, latents).reshape(-1, small, small, width))
    maps, images = [x], []
    for stage in range(STAGES):
        if model.get("image_skips"):
            images.append(layer(f"image_{stage}", convolve, x).astype(jnp.float32))
        x = layer(f"stage_{stage}", grow, x)
        for block in range(model.get("blocks", 0)):
            x += residual(x, f"block_{stage}_{block}")
        x = activate(x)
        if model.get("excitation") and stage >= STAGES - 2:
            x *= excite(maps[stage - 2], f"excite_{stage}")
        maps.append(x)
    x = layer("to_image", convolve, x).astype(jnp.float32)
    for image in images:
        x += jax.image.resize(image, x.shape, "bilinear")
    return jnp.tanh(x)


def draw(folder: str | Path, count: int, seed: int = 0, label: str = "") -> np.ndarray:
    """Returns uint8 images [count, size, size, channels] of a class of the generator in a folder."""
    about = json.loads((Path(folder) / "settings.json").read_text())
    weights = {name: jnp.asarray(array) for name, array in load_file(Path(folder) / "weights.safetensors").items()}
    model, number = about["settings"]["model"], about["labels"].index(label or about["labels"][0])

    @jax.jit
    def images_of(weights: dict[str, jax.Array], key: jax.Array, examples: np.ndarray) -> jax.Array:
        keys = jax.vmap(jax.random.fold_in, in_axes=(None, 0))(key, examples)
        latents = jax.vmap(lambda key: jax.random.normal(key, (model["latent_size"],), jnp.float32))(keys)
        images = generate(weights, latents, number, model, about["settings"]["data"]["image_size"])
        return jnp.clip(jnp.round((images + 1.0) * 127.5), 0, 255).astype(jnp.uint8)

    key = jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), zlib.crc32(about["stream"].encode())), 0)
    starts = range(0, count, BATCH)
    batches = [images_of(weights, key, np.arange(start, start + BATCH, dtype=np.int32)) for start in starts]
    return np.concatenate(batches)[:count]


def main() -> None:
    """Writes PNG files, each of which says that it is synthetic."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=16, help="images of each class")
    parser.add_argument("--seed", type=int, default=0, help="of the latents")
    parser.add_argument("--label", default="", help="the class; all of them where it is left out")
    parser.add_argument("--out", default="images", help="where to write them, in a folder for each class")
    asked = parser.parse_args()
    folder = Path(__file__).resolve().parent
    about = json.loads((folder / "settings.json").read_text())
    if asked.label and asked.label not in about["labels"]:
        parser.error(f"--label={asked.label} is no class of this generator: choose one of {', '.join(about['labels'])}")
    digits = max(5, len(str(asked.count - 1)))
    for label in [asked.label] if asked.label else about["labels"]:
        Path(asked.out, label).mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(draw(folder, asked.count, asked.seed, label)):
            says = PngInfo()
            says.add_text("Description", f"synthetic image, class {label}; not from a patient")
            says.add_text("Software", "dcgan_jax")
            says.add_text("Source", f"checkpoint step {about['step']}, latent seed {asked.seed}/{number}")
            path = Path(asked.out, label, f"{number:0{digits}d}.png")
            Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(path, pnginfo=says)


if __name__ == "__main__":
    main()
