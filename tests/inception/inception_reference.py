"""Inception-V3 of pytorch-fid written a second time, in TensorFlow: names and layers as in its state_dict."""

import numpy as np
import tensorflow as tf


def create_state(shapes: dict[str, tuple[int, ...]], seed: int = 0) -> dict[str, np.ndarray]:
    """Random entries under which activations keep their size."""
    rng = np.random.default_rng(seed)
    state = {}
    for name, shape in shapes.items():
        if name.endswith("conv.weight"):
            values = rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))
        elif name.endswith(("bn.weight", "running_var")):
            values = rng.uniform(0.5, 1.5, shape)
        else:
            values = rng.normal(size=shape) * 0.1
        state[name] = values.astype(np.float32)
    return state


def compute_reference(state: dict[str, np.ndarray], x: np.ndarray) -> dict[int, np.ndarray]:
    """Features of float images [n, 299, 299, 3] in [-1, 1]."""

    def conv(x, name, stride=1, padding="SAME"):
        x = tf.nn.conv2d(x, state[f"{name}.conv.weight"].transpose(2, 3, 1, 0), stride, padding)
        scale, offset, mean, variance = (
            state[f"{name}.bn.{entry}"] for entry in ("weight", "bias", "running_mean", "running_var")
        )
        return tf.nn.relu(tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-3))

    def chain(x, block, *names):
        for name in names:
            x = conv(x, f"{block}.{name}")
        return x

    def half(x, name):
        return conv(x, name, 2, "VALID")

    def average(x):  # TensorFlow's SAME average does not count the padding
        return tf.nn.avg_pool2d(x, 3, 1, "SAME")

    def shrink(x):
        return tf.nn.max_pool2d(x, 3, 2, "VALID")

    features = {}
    x = half(x, "Conv2d_1a_3x3")
    x = conv(conv(x, "Conv2d_2a_3x3", padding="VALID"), "Conv2d_2b_3x3")
    x = features[64] = shrink(x)
    x = conv(conv(x, "Conv2d_3b_1x1"), "Conv2d_4a_3x3", padding="VALID")
    x = features[192] = shrink(x)
    for block in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
        x = tf.concat(
            [
                chain(x, block, "branch1x1"),
                chain(x, block, "branch5x5_1", "branch5x5_2"),
                chain(x, block, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"),
                chain(average(x), block, "branch_pool"),
            ],
            -1,
        )
    double = chain(x, "Mixed_6a", "branch3x3dbl_1", "branch3x3dbl_2")
    x = tf.concat([half(x, "Mixed_6a.branch3x3"), half(double, "Mixed_6a.branch3x3dbl_3"), shrink(x)], -1)
    for block in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
        x = tf.concat(
            [
                chain(x, block, "branch1x1"),
                chain(x, block, *(f"branch7x7_{i}" for i in (1, 2, 3))),
                chain(x, block, *(f"branch7x7dbl_{i}" for i in (1, 2, 3, 4, 5))),
                chain(average(x), block, "branch_pool"),
            ],
            -1,
        )
    features[768] = x
    seven = chain(x, "Mixed_7a", *(f"branch7x7x3_{i}" for i in (1, 2, 3)))
    three = chain(x, "Mixed_7a", "branch3x3_1")
    x = tf.concat([half(three, "Mixed_7a.branch3x3_2"), half(seven, "Mixed_7a.branch7x7x3_4"), shrink(x)], -1)
    for block, pool in (("Mixed_7b", average), ("Mixed_7c", lambda x: tf.nn.max_pool2d(x, 3, 1, "SAME"))):
        three = chain(x, block, "branch3x3_1")
        double = chain(x, block, "branch3x3dbl_1", "branch3x3dbl_2")
        x = tf.concat(
            [
                chain(x, block, "branch1x1"),
                *(chain(three, block, name) for name in ("branch3x3_2a", "branch3x3_2b")),
                *(chain(double, block, name) for name in ("branch3x3dbl_3a", "branch3x3dbl_3b")),
                chain(pool(x), block, "branch_pool"),
            ],
            -1,
        )
    features[2048] = x
    return {dims: maps.numpy().mean((1, 2)) for dims, maps in features.items()}
