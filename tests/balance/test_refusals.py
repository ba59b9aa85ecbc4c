"""What a balanced set is not made of, and where it is not written."""

import json
import shutil

import pytest

from dcgan_jax.balance import plan
from dcgan_jax.balance.run import balance
from dcgan_jax.data import prepare as data_prepare
from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.train_files import TrainFile
from dcgan_jax.runs.provenance import Provenance
from tests.balance.drawn_runs import DrawnRun
from tests.refusals import refused


def balance_with(settings, workdir, **overrides):
    balance(settings.with_overrides({f"balance.{name}": value for name, value in overrides.items()}), workdir)


def test_what_is_refused(settings, workdir, source, tmp_path, monkeypatch):
    shutil.copytree(source, tmp_path / "other")
    for out in (source / "balanced", source.parent, tmp_path / "other"):
        within = () if out.name == "other" else (f"config.data.dir={source}",)
        with refused(*within, field="config.balance.out", value=out):
            balance_with(settings, workdir, out=str(out))
    with refused("3 training images", field="config.balance.ratio", value=0.5):
        balance_with(settings, workdir, ratio=0.5)
    monkeypatch.setattr(DrawnRun, "labels", ["TB"])
    with refused("NORMAL", "3 images", field="config.balance.runs"):
        balance_with(settings, workdir)
    monkeypatch.setattr(DrawnRun, "labels", ["NORMAL"])
    with refused("2 runs", "NORMAL", field="config.balance.runs"):
        balance_with(settings, workdir, runs="/a,/b")
    assert not (source / "balanced").exists()


def test_another_data_set_in_the_same_folder_is_refused(settings, workdir, tmp_path):
    balance(settings, workdir)
    with refused("seed", field="config.balance.out", value=tmp_path / "out"):
        balance_with(settings, workdir, seed=1)


def test_a_run_that_saw_test_images_is_refused(settings, workdir, monkeypatch):
    tested = next(e for e in prepare(settings.data, 0).examples if e.file == "test/NORMAL/p0/0.png")
    run = DrawnRun(settings, workdir)
    seen = TrainFile(tested.file, tested.label, tested.patient, tested.sha256)
    monkeypatch.setitem(vars(run), "provenance", Provenance("run", (seen,)))
    monkeypatch.setattr(plan, "open_run", lambda path, checkpoint, mesh, max_similarity: run)
    with refused("test/NORMAL/p0/0.png", path=workdir.root):
        balance_with(settings, workdir)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"runs": 3}', '{"schema_version": 7}'])
def test_a_damaged_plan_is_named(settings, workdir, tmp_path, content):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".balance.json").write_text(content)
    with refused(path=tmp_path / "out" / ".balance.json"):
        balance_with(settings, workdir)


def test_a_set_of_an_older_version_is_told_apart(settings, workdir, tmp_path):
    """Its real images are the files of the source."""
    balance(settings, workdir)
    plan = tmp_path / "out" / ".balance.json"
    values = json.loads(plan.read_text())
    old = {name: values[name] for name in ("source", "ratio", "seed", "max_similarity", "classes")}
    plan.write_text(json.dumps(old | {"runs": [[run["identity"], run["step"]] for run in values["runs"]]}))
    with refused("resolution, real, image_size", field="config.balance.out", value=tmp_path / "out"):
        balance_with(settings, workdir)


def test_a_balanced_set_is_refused_before_it_is_decoded(settings, workdir, tmp_path, monkeypatch):
    balance(settings, workdir)
    balanced = settings.with_overrides({"data.dir": str(tmp_path / "out"), "balance.out": str(tmp_path / "again")})
    monkeypatch.setattr(data_prepare, "prepare", lambda *arguments: pytest.fail("decoded"))
    for folder in (tmp_path / "out", tmp_path / "out" / "train"):
        given = balanced.with_overrides({"data.dir": str(folder)})
        with refused("3 synthetic images", field="config.data.dir", value=str(folder)):
            balance_with(given, workdir)
