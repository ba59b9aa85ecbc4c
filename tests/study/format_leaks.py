"""What a program learns of an image without its picture: `python -m tests.study.format_leaks`.

A gradient-boosted classifier is given all that the server lets out beside the picture: sizes, headers, names, order,
time to answer, the number of gray levels, the values at the border. Of two kinds of images of different make it should
learn nothing: an area under the ROC curve of 0.5.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from dcgan_jax.study.opened import OpenedStudy
from dcgan_jax.study.plan import Key
from tests.study.studies import make_study, serving, sign_in
from tests.study.test_server import begin, judge

BORDER = 1


def describe(response: httpx.Response, seconds: float, position: int, item: str, size: int) -> list[float]:
    """Returns all of a response but its picture."""
    image = np.frombuffer(response.content, np.uint8).reshape(size, size)
    edges = [image[:BORDER], image[-BORDER:], image[:, :BORDER], image[:, -BORDER:]]
    border = np.concatenate([edge.ravel() for edge in edges]).astype(float)
    headers = sorted(f"{name}: {value}" for name, value in response.headers.items())
    return [
        len(response.content),
        len(headers),
        sum(map(len, headers)),
        float(hash(tuple(headers)) % 997),
        seconds,
        position,
        *(float(letter) for letter in item.encode()),
        len(np.unique(image)),
        float(image.min()),
        float(image.max()),
        border.mean(),
        border.std(),
        border.min(),
        border.max(),
    ]


def collect(images: int, readers: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Returns what each reader's session lets out, and which images are generated."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "study"
        _, codes = make_study(folder, images=images, readers=readers, repeats=0.0)
        features: list[list[list[float]]] = [[] for _ in range(readers)]
        with serving(folder) as address:
            for reader in range(1, readers + 1):
                client = sign_in(address, codes[reader])
                current = begin(client)
                while current["item"]:
                    started = time.perf_counter()
                    response = client.get(current["images"][0])
                    seconds = time.perf_counter() - started
                    position = current["number"]
                    features[reader - 1].append(describe(response, seconds, position, current["item"], current["size"]))
                    current = client.post("/answers", json=judge(current["item"])).json()
        key = Key.read(folder / "key.json")
        opened = OpenedStudy.open(folder)
        kinds = [
            np.array([key.rows[step.images[0]].kind == "generated" for step in steps if step.images])
            for steps in opened.store.steps.values()
        ]
        opened.close()
    return [np.array(rows) for rows in features], kinds


def measure_leak(features: Sequence[np.ndarray], kinds: Sequence[np.ndarray]) -> list[float]:
    """Returns the cross-validated area under the ROC curve of each reader's session."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    classifier = HistGradientBoostingClassifier(max_iter=50, random_state=0)
    areas = []
    with threadpool_limits(1):  # so little data is a burden to several threads
        for rows, kind in zip(features, kinds, strict=True):
            chances = cross_val_predict(classifier, rows, kind, cv=folds, method="predict_proba")[:, 1]
            areas.append(float(roc_auc_score(kind, chances)))
    return areas


def main() -> int:
    """Prints the areas; returns 1 if their mean is not within 0.05 of 0.5."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=200, help="of each kind")
    parser.add_argument("--readers", type=int, default=8, help="sessions, each in an order of its own")
    given = parser.parse_args()
    areas = measure_leak(*collect(given.images, given.readers))
    mean = float(np.mean(areas))
    print(
        f"{given.images} + {given.images} images: areas {', '.join(f'{area:.3f}' for area in areas)}; mean {mean:.3f}"
    )
    return int(abs(mean - 0.5) > 0.05)


if __name__ == "__main__":
    sys.exit(main())
