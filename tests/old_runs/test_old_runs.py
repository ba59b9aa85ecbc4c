"""Every later version takes up the runs of older ones: the same state, the same continuation, images and scores.

Version 0.2 computes convolutions in another order than 0.1: what it computes anew agrees to rounding. What is trained
and drawn here is compiled as for a user, with LLVM's optimizations, which other tests leave out.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import dcgan_jax
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import RUN_SECTIONS, ModelSettings, Settings
from dcgan_jax.training.state import state_sha256
from tests.launching import start
from tests.old_runs.recording import VERSIONS, Recording

OPTIMIZED = {"XLA_FLAGS": ""}
WEIGHTS = os.environ.get("DCGAN_JAX_TEST_INCEPTION")


@pytest.fixture(scope="module", params=VERSIONS)
def recording(request):
    return Recording.of(request.param)


@pytest.fixture
def run(recording, tmp_path):
    return recording.copy_to(tmp_path / "run")


def finish(run: Path, *flags: str, **environment: str) -> None:
    log = run.parent / "log"
    code = start(*flags, f"--workdir={run}", log=log, **environment).wait()
    assert code == 0, log.read_text()


def test_it_is_kept_small(recording):
    assert sum(path.stat().st_size for path in recording.folder.rglob("*") if path.is_file()) < 300_000


def test_its_checkpoint_holds_the_recorded_state(recording, run):
    opened = dcgan_jax.open_run(run)
    assert opened.step == 6
    assert state_sha256(opened.state) == recording.expected["state_sha256"]


def test_a_field_that_is_added_leaves_it_the_run_that_it_was(run):
    class LaterModelSettings(ModelSettings):
        attention: bool = False

    class LaterSettings(Settings):
        model: LaterModelSettings = LaterModelSettings()

    saved = json.loads((run / "checkpoints" / "6" / "_CHECKPOINT_METADATA").read_text())["custom_metadata"]["identity"]
    later = LaterSettings.load(run / "config.json")
    assert Workdir(run).identity(later) == saved
    assert Workdir(run).identity(later.with_overrides({"model.attention": True})) != saved


def test_it_goes_on_as_its_own_version_did_and_to_the_same_bits_however_it_is_stopped(recording, run):
    fields = [
        f"--config.{section}.{name}={value}"
        for section, values in json.loads((run / "config.json").read_text()).items()
        if section in RUN_SECTIONS
        for name, value in values.items()
    ]
    stopped = recording.copy_to(run.parent / "stopped")
    for folder, steps in ((run, 12), (stopped, 9), (stopped, 12)):
        finish(folder, "--config=configs/default.py", *fields, f"--config.train.steps={steps}", **OPTIMIZED)
    expected = recording.expected["rows"]
    losses = [name for name in expected[0] if "loss" in name]
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()][6:]
    assert [row["step"] for row in rows] == [row["step"] for row in expected]
    ours, theirs = ([[row[name] for name in losses] for row in of] for of in (rows, expected))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    summaries = [json.loads((folder / "summary.json").read_text()) for folder in (run, stopped)]
    assert summaries[0]["step"] == 12
    assert summaries[0]["state_sha256"] == summaries[1]["state_sha256"]


def test_it_draws_the_same_images(recording, run):
    finish(run, "--mode=generate", "--config.generate.count=5", **OPTIMIZED)
    names = sorted(path.name for path in (recording.folder / "generated" / "NORMAL").glob("*.png"))
    ours, theirs = (
        np.stack([np.asarray(Image.open(folder / "generated" / "NORMAL" / name), int) for name in names])
        for folder in (run, recording.folder)
    )
    assert len(names) == 5
    assert np.ptp(theirs) > 0
    assert np.abs(ours - theirs).max() <= 1


@pytest.mark.skipif(not WEIGHTS, reason="needs the stand-in Inception weights in DCGAN_JAX_TEST_INCEPTION")
def test_it_has_the_same_score(recording, run):
    finish(run, "--mode=evaluate", f"--config.eval.weights={WEIGHTS}/standin-pt_inception.pth")
    (path,) = (run / "evaluation").glob("step_0000006_*.json")
    record = json.loads(path.read_text())
    assert record["weights_sha256"] == recording.expected["weights_sha256"]
    np.testing.assert_allclose(record["fid"], recording.expected["fid"], rtol=1e-4)
