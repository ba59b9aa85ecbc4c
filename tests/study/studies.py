"""Small studies for tests: phantoms against blurred phantoms, planned in a moment and served in a thread."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import uvicorn
from scipy.ndimage import gaussian_filter

from dcgan_jax.data.phantom import CLASSES, draw_phantom
from dcgan_jax.settings import StudySettings
from dcgan_jax.study.material import Material, count_needed
from dcgan_jax.study.opened import OpenedStudy
from dcgan_jax.study.plan import KeyRow, Origin
from dcgan_jax.study.planning import plan_study
from dcgan_jax.study.server import create_app

SIZE = 64


def make_material(study: StudySettings, size: int = SIZE, blur: float = 1.0) -> Material:
    """Returns phantoms as real images and blurred ones, in a narrower range, as generated ones."""
    num_real, num_generated = count_needed(study)
    labels = [CLASSES[index % 2] for index in range(num_real + num_generated)]
    images = np.stack([draw_phantom(size, 5, index, label) for index, label in enumerate(labels)])
    generated = gaussian_filter(images[num_real:].astype(float), (0, blur, blur)) * 0.9 + 10
    kinds = ["real"] * num_real + ["generated"] * num_generated
    rows = [
        KeyRow(kind=kind, label=label, origin=f"phantom {index}")
        for index, (kind, label) in enumerate(zip(kinds, labels, strict=True))
    ]
    origin = Origin(real="drawn phantoms", generated="blurred phantoms", real_from="folder", classes=tuple(CLASSES))
    return Material(images[:num_real], generated.astype(np.uint8), tuple(rows), origin)


def make_study(folder: Path, size: int = SIZE, **fields) -> tuple[StudySettings, Mapping[int, str]]:
    """Plans a study; returns its settings and the codes."""
    study = StudySettings(**{"readers": 2, "images": 4, "repeats": 0.25, **fields})
    return study, plan_study(study, make_material(study, size), folder)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serves a study at a free port of this machine while entered; yields its address."""
    opened = OpenedStudy.open(folder)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = create_app(opened, ["127.0.0.1"])
        config = uvicorn.Config(
            app, lifespan="off", ws="none", log_level="error", server_header=False, date_header=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            opened.close()


def sign_in(address: str, code: str) -> httpx.Client:
    """Returns a client that is signed in, with the token of its forms among its headers."""
    client = httpx.Client(base_url=address, trust_env=False, timeout=30)
    page = client.get("/").text
    response = client.post("/sign-in", data={"form_token": token_of(page), "code": code})
    assert response.status_code == 303, response.text
    page = client.get("/study", follow_redirects=True).text
    client.headers["X-Form-Token"] = token_of(page)
    return client


def token_of(page: str) -> str:
    """Returns the token of a page's form."""
    _, _, rest = page.partition('name="form_token" value="')
    return rest.partition('"')[0]
