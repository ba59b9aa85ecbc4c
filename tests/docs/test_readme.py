"""The first page: short, and each of its commands works as it stands."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.phantom import draw_phantom
from tests.launching import REPOSITORY, start
from tests.notebooks import WORKDIR

README = (REPOSITORY / "README.md").read_text()
MOST_WORDS = 900

NOT_RUN_HERE = {
    "pip install -r requirements.txt && python launch.py --config=configs/quickstart.py": "the tour trains so",
    "python -m dcgan_jax.evaluation REAL_DIR GENERATED_DIR --dims=768": "tests/evaluation/test_main.py",
}
"""Commands of the page that no test types as they stand, and where what they do is tested."""

TINY = (
    "--config.data.image_size=64",
    "--config.model.base_channels=1",
    "--config.model.latent_size=8",
    "--config.train.steps=2",
    "--config.train.batch_size=8",
    "--config.train.sample_every_epochs=0",
    "--config.eval.every_epochs=0",
)
TINY_SCORES = ("--config.eval.num_samples=8", "--config.eval.seeds=1")


def run_on_one_device(*flags: str, log: Path) -> None:
    assert start(*flags, log=log, devices=1).wait() == 0, log.read_text()


def list_commands() -> list[str]:
    """Returns the commands of the page, in order."""
    blocks = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def test_the_page_can_be_scanned():
    assert len(README.split()) <= MOST_WORDS


def test_every_link_to_a_file_leads_somewhere():
    links = re.findall(r"\]\(([^)#]+)", README)
    assert [link for link in links if "://" not in link and not (REPOSITORY / link).exists()] == []


@pytest.fixture(scope="module")
def xrays(tmp_path_factory) -> Path:
    """A folder of two classes, as the page lays it out: each patient has two images."""
    root = tmp_path_factory.mktemp("xrays")
    for label in ("COVID", "NORMAL"):
        for index in range(12):
            path = root / label / f"{label}{index // 2:02d}" / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(draw_phantom(64, 1, index, "NORMAL")).save(path)
    return root


def test_the_commands_for_ones_own_xrays(xrays, weights_file, tmp_path):
    commands = [command for command in list_commands() if command not in NOT_RUN_HERE and "launch.py" in command]
    assert [re.search(r"--mode=(\w+)|$", command)[1] for command in commands] == [None, "evaluate", "generate"]
    for command in commands:
        words = shlex.split(command.replace("/data/xrays", str(xrays)).replace("runs/mine", str(tmp_path / "mine")))
        assert words[:2] == ["python", "launch.py"]
        mode = next((word for word in words if word.startswith("--mode=")), "")
        more = {"": TINY, "--mode=evaluate": (*TINY_SCORES, f"--config.eval.weights={weights_file}")}
        run_on_one_device(*words[2:], *more.get(mode, ("--config.generate.count=3",)), log=tmp_path / "log")
    assert len(list((tmp_path / "mine" / "evaluation").glob("*.json"))) == 1
    assert len(list((tmp_path / "mine" / "generated").rglob("0000*.png"))) == 3


def test_the_quickstarts_configuration(tour):
    """The tour trains with it."""
    tree = re.search(r"```text\nruns/quickstart/\n(.*?)```", README, re.DOTALL)[1]
    named = {line.split()[0].rstrip("/") for line in tree.splitlines()}
    left = {path.name for path in (tour / WORKDIR).iterdir() if not path.name.startswith(".")}
    assert left == named | {"tensorboard"}


def test_the_lines_of_python(finished_run, xrays, weights_file):
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    lines = block.replace("runs/quickstart", str(finished_run))
    lines = lines.replace("REAL_DIR", str(xrays / "NORMAL")).replace("GENERATED_DIR", str(xrays / "COVID"))
    lines = lines.replace("dims=768)", f"dims=768, weights={str(weights_file)!r})")
    names: dict[str, np.ndarray] = {}
    exec(lines, names)
    assert names["images"].shape == (16, 64, 64)


def test_no_other_command_is_on_the_page():
    others = [command for command in list_commands() if command not in NOT_RUN_HERE and "launch.py" not in command]
    assert others == []
