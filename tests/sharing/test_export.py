"""An exported generator: it draws what its run draws, with nothing of this package, and tells nothing of its data."""

import os
import shutil
import subprocess
import sys

import jax
import numpy as np
import pytest
from safetensors.numpy import load_file

from dcgan_jax.data.train_files import TrainFile, format_train_files
from dcgan_jax.evaluation.record import EvaluationRecord
from dcgan_jax.memorization.record import NOT_ASSESSABLE
from dcgan_jax.runs.first_weights import OriginRecord
from dcgan_jax.runs.run import Run
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import ALL_CLASSES, DataSettings, ModelSettings, Settings
from dcgan_jax.sharing import sample
from dcgan_jax.sharing.export import encode_weights, export
from dcgan_jax.training.state import create_generator
from tests.cards.examples import RECORD
from tests.launching import FORBID_TENSORFLOW, start
from tests.refusals import refused

NAMES = {"README.md", "croissant.json", "weights.safetensors", "settings.json", "sample.py", "report.html"}
ALONE = FORBID_TENSORFLOW.replace(
    '"tensorflow", "keras"', '"dcgan_jax", "flax", "orbax", "optax", "pydantic", "matplotlib"'
)


@pytest.fixture
def run(finished_run, tmp_path):
    return Workdir(shutil.copytree(finished_run, tmp_path / "run"))


@pytest.fixture
def private(run, monkeypatch):
    """The same run, as if its images were of somebody's patients."""
    monkeypatch.setattr(DataSettings, "is_private", True)
    return run


def content(workdir):
    return {path.name: path.read_bytes() for path in (workdir.root / "export").iterdir()}


def test_the_sampler_alone_draws_the_files_of_the_run(run, tmp_path):
    for flags in (("--mode=export",), ("--mode=generate", "--config.generate.count=3", "--config.generate.seed=7")):
        assert start(*flags, f"--workdir={run.root}", log=tmp_path / "log", devices=1).wait() == 0
    assert content(run).keys() == NAMES
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(ALONE)
    moved = shutil.copytree(run.root / "export", tmp_path / "moved")
    command = [sys.executable, moved / "sample.py", "--count=3", "--seed=7", f"--out={tmp_path / 'out'}"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    subprocess.run(command, check=True, cwd=tmp_path, env=environment)
    drawn = {path.name: path.read_bytes() for path in (tmp_path / "out" / "NORMAL").iterdir()}
    assert len(drawn) == 3
    assert drawn == {path.name: path.read_bytes() for path in (run.root / "generated" / "NORMAL").iterdir()}


@pytest.mark.parametrize(
    "shape",
    [
        {"upsample": "transposed", "channels": 3},
        {"upsample": "resize", "num_classes": 2},
        {"upsample": "resize_3x3", "dtype": "bfloat16", "blocks": 1},
        {"upsample": "resize_3x3", "pixel_norm": True, "image_skips": True, "excitation": True, "blocks": 2},
    ],
)
def test_the_sampler_has_every_form_of_the_generator(shape, tmp_path):
    data = DataSettings(label=ALL_CLASSES, image_size=64)
    settings = Settings(data=data, model=ModelSettings(base_channels=1, latent_size=8, **shape))
    generator = create_generator(settings.with_overrides({"runtime.convolutions": "xla"}))
    latents = jax.random.normal(jax.random.key(1), (4, 8))
    labels = jax.numpy.ones(4, int)
    params = generator.init(jax.random.key(0), latents, labels)["params"]
    params = jax.tree.map(lambda array: array if array.ndim else array + 0.5, params)  # gains, which begin at 0
    (tmp_path / "w").write_bytes(encode_weights(params))
    expected = jax.jit(generator.apply)({"params": params}, latents, labels)
    weights, model = load_file(tmp_path / "w"), settings.values()["model"]
    drawn = jax.jit(lambda weights: sample.generate(weights, latents, 1, model, 64))(weights)
    np.testing.assert_allclose(drawn, expected, atol=1e-6)
    assert np.std(expected) > 1e-3


def test_private_data_are_exported_after_a_look_for_copies_or_with_a_word(private):
    settings = private.settings({})
    with refused("NORMAL", "evaluated", field="config.export.unassessed", value=False):
        export(settings, private)
    assert not (private.root / "export").exists()
    export(private.settings({"export.unassessed": True}), private)
    assert b"Passed on although nobody knows" in content(private)["README.md"]
    private.evaluation.mkdir(exist_ok=True)
    record = RECORD.model_copy(update={"step": 6})
    record.write(private.evaluation / "step_0000006_default_a.json")
    export(settings, private)
    assert b"Passed on although nobody knows" not in content(private)["README.md"]


@pytest.mark.parametrize("is_private", [True, False])
def test_first_weights_that_had_seen_private_images_count_as_private(run, is_private):
    """Images that are among the run's own are compared with; the other is not."""
    own = Run(run, run.settings({})).provenance.rows
    stranger = TrainFile("NORMAL/theirs.png", "NORMAL", "theirs", "00")
    run.origin_files.write_text(format_train_files([own[0], stranger]))
    OriginRecord(run="elsewhere", step=6, state_sha256="00", is_private=is_private).write(run.origin)
    if is_private:
        with refused("1 that its first weights had seen", field="config.export.unassessed", value=False):
            export(run.settings({}), run)
        assert not (run.root / "export").exists()
    export(run.settings({"export.unassessed": True}), run)
    assert (b"had seen 1 other images, private ones" in content(run)["README.md"]) == is_private
    assert (b"Passed on although nobody knows" in content(run)["README.md"]) == is_private


def test_an_assessment_that_could_not_be_made_is_none(private):
    values = RECORD.model_dump(by_alias=True)
    values["memorization"] |= {"memorised_share": NOT_ASSESSABLE, "reason": "there are no held-out images."}
    private.evaluation.mkdir(exist_ok=True)
    EvaluationRecord.model_validate(values).write(private.evaluation / "step_0000006_default_a.json")
    with refused("NORMAL", "held-out", field="config.export.unassessed", value=False):
        export(private.settings({}), private)


def test_nothing_of_the_data_goes_along(private):
    export(private.settings({"export.unassessed": True}), private)
    files = {row.file for row in Run(private, private.settings({})).provenance.rows}
    for name, held in content(private).items():
        for secret in (str(private.root), *files):
            assert secret.encode() not in held, (name, secret)


def test_one_that_was_stopped_anywhere_comes_out_the_same(run):
    export(run.settings({}), run)
    whole = content(run)
    for name in NAMES:
        (run.root / "export" / name).unlink()
        (run.root / "export" / f".{name}.part").touch()
        export(run.settings({}), run)
        assert content(run) == whole


@pytest.mark.parametrize("name", ["README.md", "notes.txt"])
def test_what_is_not_ours_stays(run, name):
    theirs = run.root / "export" / name
    theirs.parent.mkdir()
    theirs.write_text("mine")
    with refused(path=theirs):
        export(run.settings({}), run)
    assert theirs.read_text() == "mine"
