"""The weights of Inception-V3: from pytorch-fid's file, checked, converted once, and named for what they are."""

from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict
from jaxtyping import Float32, PyTree

from dcgan_jax.errors import FieldError, FileError, UserError
from dcgan_jax.inception.network import INPUT_SIZE, InceptionV3
from dcgan_jax.inception.torch_file import TorchFileError, read_torch_file
from dcgan_jax.storage.array_file import read_cached, write_cached
from dcgan_jax.storage.cache import cache_dir
from dcgan_jax.storage.digest import compute_sha256
from dcgan_jax.storage.download import download

OFFICIAL_URL = (
    "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth"
)
OFFICIAL_NAME = OFFICIAL_URL.rpartition("/")[2]
OFFICIAL_SIZE = 95_628_359
OFFICIAL_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"

STAND_IN_SHA256 = "37ee0810e5d891b3520465f56c6ad88afd5b2998fedd066dd3935dad94a7f356"
"""Of a trained network in pytorch-fid's format that is not pytorch-fid's: nsfwjs 4.3.0's, its classifier all zero."""

CLASSES = 1008
"""Outputs of the classifier, which only the Inception score uses."""

_LABELS = {OFFICIAL_SHA256: "official", STAND_IN_SHA256: "stand-in weights"}
_BATCH_NORM_EPSILON = 1e-3
_NORM_ENTRIES = ("weight", "bias", "running_mean", "running_var")
_CACHE_VERSION = 1  # of the converted file's layout
_LISTED_NAMES = 5


class WeightsUnavailableError(UserError):
    """No weights are at hand and none can be downloaded: scores have to wait, training need not."""


@dataclass(frozen=True)
class InceptionWeights:
    """Parameters of `InceptionV3` and what they are."""

    params: PyTree  # for `InceptionV3.apply({"params": params}, ...)`
    sha256: str  # of the file they come from
    # "official", "stand-in weights" or "other weights", by the hash; distances are comparable only between equal
    # files.
    label: str
    # Kernel and bias of the last layer ([2048, 1008] in the official file), or None where they are all zero: then
    # there is no Inception score.
    classifier: tuple[Float32[np.ndarray, "features classes"], Float32[np.ndarray, " classes"]] | None


def load_inception_weights(path: str = "", named: str = "config.eval.weights") -> InceptionWeights:
    """Returns the weights in a file of pytorch-fid's format, or the official ones.

    The file is converted once; the plain arrays stay in the cache under the file's hash.

    Args:
      path: the file; empty: the official one, downloaded if it is in no cache.
      named: the field or option that gave the path, for messages.

    Raises:
      WeightsUnavailableError: there is no file and the download fails.
      UserError: the file is missing, is not what its name or size claims, or does not hold the network's weights.
    """
    if not path and (cached := read_cached(_converted_path(OFFICIAL_SHA256))) is not None:
        return _create_weights(cached, OFFICIAL_SHA256)
    file = Path(path).expanduser() if path else _download_official(named)
    if not file.is_file():
        raise FieldError(named, path, "is not a file: give weights in pytorch-fid's format, or leave it empty.")
    sha256 = compute_sha256(file)
    claims_official = file.name == OFFICIAL_NAME or file.stat().st_size == OFFICIAL_SIZE
    if claims_official and sha256 != OFFICIAL_SHA256:
        raise FileError(
            file,
            f"has the name or the size of the official Inception-V3 weights but sha256 {sha256}, not "
            f"{OFFICIAL_SHA256}: it is damaged or another file; download {OFFICIAL_URL} again.",
        )
    arrays = read_cached(_converted_path(sha256))
    if arrays is None:
        arrays = convert_weights(read_torch_file(file), str(file))
        write_cached(_converted_path(sha256), arrays)
    return _create_weights(arrays, sha256)


def convert_weights(tensors: dict[str, np.ndarray], file: str) -> dict[str, Float32[np.ndarray, "..."]]:
    """Returns the network's parameters by their path, batch normalization folded in, and the classifier under `fc`.

    Args:
      tensors: the entries of pytorch-fid's state_dict.
      file: their origin, for messages.

    Raises:
      TorchFileError: entries are missing, unknown, of the wrong shape or not finite; the message names them.
    """
    _check_entries(tensors, expected_shapes(), file)
    arrays = {"fc/kernel": tensors["fc.weight"].T, "fc/bias": tensors["fc.bias"]}
    for layer in _kernel_shapes():
        name = layer.replace("/", ".")
        kernel = tensors[f"{name}.conv.weight"].astype(np.float64)
        scale, shift, mean, variance = (tensors[f"{name}.bn.{entry}"].astype(np.float64) for entry in _NORM_ENTRIES)
        if (variance < 0).any():
            raise TorchFileError(file, f"was refused: {name}.bn.running_var has negative numbers; get the file again.")
        factor = scale / np.sqrt(variance + _BATCH_NORM_EPSILON)
        arrays[f"{layer}/kernel"] = (kernel * factor[:, None, None, None]).transpose(2, 3, 1, 0)
        arrays[f"{layer}/bias"] = shift - mean * factor
    return {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}


def _kernel_shapes() -> dict[str, tuple[int, ...]]:
    """Returns the shape [kh, kw, in, out] of every convolution, by its path."""
    images = jax.ShapeDtypeStruct((1, INPUT_SIZE, INPUT_SIZE, 3), jnp.float32)
    variables = jax.eval_shape(InceptionV3().init, jax.random.key(0), images)
    leaves = flatten_dict(variables["params"], sep="/")
    return {path.removesuffix("/kernel"): leaf.shape for path, leaf in leaves.items() if path.endswith("/kernel")}


def expected_shapes() -> dict[str, tuple[int, ...]]:
    """Returns the entries that a file must have, in torch's layout [out, in, kh, kw], by name."""
    shapes: dict[str, tuple[int, ...]] = {"fc.weight": (CLASSES, 2048), "fc.bias": (CLASSES,)}
    for layer, (height, width, channels, features) in _kernel_shapes().items():
        name = layer.replace("/", ".")
        shapes[f"{name}.conv.weight"] = (features, channels, height, width)
        shapes.update({f"{name}.bn.{entry}": (features,) for entry in _NORM_ENTRIES})
    return shapes


def _check_entries(tensors: dict[str, np.ndarray], shapes: dict[str, tuple[int, ...]], file: str) -> None:
    ignored = {name for name in tensors if name.endswith("num_batches_tracked") or name.startswith("AuxLogits.")}
    present = shapes.keys() & tensors.keys()
    problems = {
        "missing": sorted(shapes.keys() - tensors.keys()),
        "unknown": sorted(tensors.keys() - shapes.keys() - ignored),
        "of the wrong shape": [
            f"{name} {tensors[name].shape} instead of {shapes[name]}"
            for name in sorted(present)
            if tensors[name].shape != shapes[name]
        ],
        "not finite": sorted(name for name in present if not np.isfinite(tensors[name]).all()),
    }
    found = [f"{problem}: {_list_names(names)}" for problem, names in problems.items() if names]
    if found:
        raise TorchFileError(
            file, f"does not hold the Inception-V3 of pytorch-fid ({'; '.join(found)}); get {OFFICIAL_NAME}."
        )


def _list_names(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED_NAMES} more" if len(names) > _LISTED_NAMES else ""
    return ", ".join(names[:_LISTED_NAMES]) + more


def _create_weights(arrays: dict[str, np.ndarray], sha256: str) -> InceptionWeights:
    kernel, bias = arrays["fc/kernel"], arrays["fc/bias"]
    layers = {tuple(name.split("/")): array for name, array in arrays.items() if not name.startswith("fc/")}
    classifier = (kernel, bias) if kernel.any() else None
    return InceptionWeights(unflatten_dict(layers), sha256, _LABELS.get(sha256, "other weights"), classifier)


def _download_official(named: str) -> Path:
    path = cache_dir("inception") / OFFICIAL_NAME
    try:
        return download(OFFICIAL_URL, path, OFFICIAL_SIZE, OFFICIAL_SHA256, "the Inception-V3 weights")
    except UserError as error:
        raise WeightsUnavailableError(
            f"No scores without the Inception-V3 weights: {error} "
            f"Or give any file in pytorch-fid's format: {named}=FILE."
        ) from error


def _converted_path(sha256: str) -> Path:
    return cache_dir("inception") / f"{sha256}-v{_CACHE_VERSION}.npz"
