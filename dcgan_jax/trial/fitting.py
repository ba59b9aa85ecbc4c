"""Trains classifiers: equal numbers of updates for all, the best state chosen on the validation images.

Everything random is a function of (seed, stream, step, example), as in the rest of the package, so a classifier that is
trained again comes out the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Float32, Int, Key, PyTree, Shaped, UInt8

from dcgan_jax.data.order import Order
from dcgan_jax.data.pipeline import to_float
from dcgan_jax.random_streams import example_keys, stream_key
from dcgan_jax.settings import AugmentSettings, TrialSettings
from dcgan_jax.training.augmentation import augment
from dcgan_jax.trial.classifier import Classifier, create_params

EVALUATIONS = 10
"""How often the validation images are looked at; the state that told them apart best is kept."""

CLASSICAL = AugmentSettings(
    probability=1.0,
    rotation=10.0,
    scale=0.1,
    translation=0.08,
    brightness=0.2,
    contrast=0.2,
)
"""Classical augmentation: what any image may look like on another day. Never mirrored."""

WEIGHT_DECAY = 1e-3
_PREDICTED_AT_ONCE = 256

Item = TypeVar("Item")
Images = UInt8[np.ndarray, "image height width 1"]


@dataclass(frozen=True)
class Task:
    """One classifier to train."""

    pool: Int[np.ndarray, " image"]  # positions in the trainer's images; one that comes twice is seen twice as often
    labels: Float32[np.ndarray, " image"]  # of the pool, 1 for the positive class and 0 for the others
    seed: int  # of weights, order and augmentation
    is_augmented: bool = False  # whether training images are changed at random (`CLASSICAL`)
    is_weighted: bool = False  # whether the classes count alike in the loss, however many images they have


class Fit(NamedTuple):
    """A trained classifier."""

    # Those of the evaluation with the largest area under the validation images' ROC curve, the last of equals.
    params: PyTree
    step: int  # completed updates of that state
    # (completed updates, loss of that update, area under the validation images' ROC curve).
    curve: list[tuple[int, float, float]]


class Trainer:
    """Trains classifiers on parts of one set of images that lies on the device as uint8."""

    def __init__(
        self,
        trial: TrialSettings,
        images: Images,
        validation: UInt8[np.ndarray, "validation height width 1"],
        validation_labels: Int[np.ndarray, " validation"],
    ):
        self._trial = trial
        self._images = jnp.asarray(images)
        self._validation, self._validation_labels = validation, validation_labels
        self._classifier = Classifier(trial.base_channels)
        schedule = optax.cosine_decay_schedule(trial.learning_rate, trial.steps)
        self._optimizer = optax.adamw(schedule, weight_decay=WEIGHT_DECAY)
        self._predict = jax.jit(self._logits)
        self._update = jax.jit(self._train_portion, static_argnums=0, donate_argnums=1)

    def fit(self, tasks: Sequence[Task], on_updates: Callable[[int], object] = lambda count: None) -> list[Fit]:
        """Returns one classifier for each task of a portion (`portions`), all trained in one program mapped over them.

        All are augmented or none. Whenever validation images have been looked at, `on_updates` takes the number of
        further updates.
        """
        steps = self._trial.steps
        keys = jnp.stack([jax.random.key(task.seed) for task in tasks])
        params = _stack([create_params(self._classifier, self._images.shape[1], key) for key in keys])
        state = params, jax.vmap(self._optimizer.init)(params)
        weights = _stack([_class_weights(task) for task in tasks])
        orders = [Order(task.seed, len(task.pool), self._trial.batch_size, "shuffle") for task in tasks]
        fits: list[Fit] = [Fit(None, 0, []) for _ in tasks]
        due = {round(steps * part / EVALUATIONS) for part in range(1, EVALUATIONS + 1)} - {0}
        done = 0
        for step in range(steps):
            drawn = [order.positions(step) for order in orders]
            positions = np.stack([task.pool[rows] for task, rows in zip(tasks, drawn, strict=True)])
            labels = np.stack([task.labels[rows] for task, rows in zip(tasks, drawn, strict=True)])
            batches = positions, labels, weights, keys
            state, losses = self._update(tasks[0].is_augmented, state, self._images, batches, step)
            if step + 1 in due:
                for index, fit in enumerate(fits):
                    fits[index] = self._keep_better(fit, _take(state[0], index), step + 1, float(losses[index]))
                on_updates((step + 1 - done) * len(tasks))
                done = step + 1
        return fits

    def predict(self, params: PyTree, images: Images) -> Float32[np.ndarray, " image"]:
        """Returns the probability of the positive class for each image."""
        logits = []
        for start in range(0, len(images), _PREDICTED_AT_ONCE):
            part = images[start : start + _PREDICTED_AT_ONCE]
            room = _PREDICTED_AT_ONCE - len(part)  # one shape, one program
            padded = np.pad(part, ((0, room), (0, 0), (0, 0), (0, 0)))
            logits.append(np.asarray(self._predict(params, padded))[: len(part)])
        return np.asarray(jax.nn.sigmoid(np.concatenate(logits)))

    def _keep_better(self, fit: Fit, params: PyTree, step: int, loss: float) -> Fit:
        from sklearn.metrics import roc_auc_score  # only here: a run's page reads records of trials and fits nothing

        area = float(roc_auc_score(self._validation_labels, self.predict(params, self._validation)))
        curve = [*fit.curve, (step, loss, area)]
        best = max(past for _, _, past in curve)
        if area < best:
            return fit._replace(curve=curve)
        return Fit(jax.tree.map(np.array, params), step, curve)  # a copy: the next update takes the buffers over

    def _train_portion(
        self,
        is_augmented: bool,
        state: tuple[PyTree, PyTree],
        images: UInt8[Array, "image height width 1"],
        batches: Sequence[Shaped[Array, "task ..."]],
        step: Int[Array, ""],
    ) -> tuple[tuple[PyTree, PyTree], Float[Array, " task"]]:
        """Trains all classifiers of a portion for a step; one alone is not mapped, which costs time (`portions`)."""
        train_fn = partial(self._train_step, is_augmented, images, step)
        if len(batches[0]) > 1:
            return jax.vmap(train_fn)(state, *batches)
        return _lift(train_fn(_take(state, 0), *_take(batches, 0)))

    def _train_step(
        self,
        is_augmented: bool,
        images: UInt8[Array, "image height width 1"],
        step: Int[Array, ""],
        state: tuple[PyTree, PyTree],
        positions: Int[Array, " batch"],
        labels: Float[Array, " batch"],
        class_weights: Float[Array, "2"],
        key: Key[Array, ""],
    ) -> tuple[tuple[PyTree, PyTree], Float[Array, ""]]:
        params, optimizer_state = state
        batch = to_float(images[positions])
        if is_augmented:
            keys = example_keys(stream_key(key, "classical_augmentation", step), jnp.arange(len(batch)))
            batch = jnp.clip(augment(batch, keys, CLASSICAL.probability, CLASSICAL), -1.0, 1.0)
        weights = class_weights[labels.astype(jnp.int32)]

        def loss_fn(params: PyTree) -> Float[Array, ""]:
            logits = self._classifier.apply({"params": params}, batch)
            return jnp.mean(weights * optax.sigmoid_binary_cross_entropy(logits, labels))

        loss, gradients = jax.value_and_grad(loss_fn)(params)
        updates, optimizer_state = self._optimizer.update(gradients, optimizer_state, params)
        return (optax.apply_updates(params, updates), optimizer_state), loss

    def _logits(self, params: PyTree, images: UInt8[Array, "image height width 1"]) -> Float[Array, " image"]:
        return self._classifier.apply({"params": params}, to_float(images))


def portions(items: Sequence[Item]) -> list[Sequence[Item]]:
    """Returns which of an arm's classifiers to train in one program: all on accelerators, on CPUs each alone.

    XLA's CPU backend runs convolutions whose kernels differ along a mapped axis slower than one after another.
    """
    if jax.default_backend() == "cpu":
        return [[item] for item in items]
    return [items] if items else []


def _class_weights(task: Task) -> Float[Array, "2"]:
    """Returns the weights of negative and positive images in the loss, with a mean of 1 over the pool."""
    if not task.is_weighted:
        return jnp.ones(2)
    counts = np.bincount(task.labels.astype(int), minlength=2)
    return jnp.asarray(len(task.labels) / (2 * counts), jnp.float32)


def _stack(trees: Sequence[PyTree]) -> PyTree:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def _take(trees: PyTree, index: int) -> PyTree:
    return jax.tree.map(lambda leaf: leaf[index], trees)


def _lift(tree: PyTree) -> PyTree:
    """Returns a tree as the only one of its kind: `_take` of it gives it back."""
    return jax.tree.map(lambda leaf: leaf[None], tree)
