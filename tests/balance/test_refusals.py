"""What a balanced set is not made of, and where it is not written."""

import json
import re
import shutil

import pytest

from dcgan_jax.balance.run import balance
from dcgan_jax.data import prepare as data_prepare
from dcgan_jax.data.prepare import prepare
from dcgan_jax.errors import UserError
from dcgan_jax.runs.provenance import Provenance
from dcgan_jax.runs.run import Run
from tests.balance.drawn_runs import DrawnRun


def refusal(settings, workdir, **overrides):
    with pytest.raises(UserError) as error:
        balance(settings.with_overrides({f"balance.{name}": value for name, value in overrides.items()}), workdir)
    return str(error.value)


def test_what_is_refused(settings, workdir, source, tmp_path, monkeypatch):
    assert "lie within each other" in refusal(settings, workdir, out=str(source / "balanced"))
    assert "lie within each other" in refusal(settings, workdir, out=str(source.parent))
    assert "adds nothing: every class has 3 training images" in refusal(settings, workdir, ratio=0.5)
    monkeypatch.setattr(DrawnRun, "labels", ["TB"])
    assert "no run of a class that lacks images (NORMAL stays 3 images short)" in refusal(settings, workdir)
    monkeypatch.setattr(DrawnRun, "labels", ["NORMAL"])
    assert re.search(r"2 runs of class NORMAL \(.*, .*\): leave all but one", refusal(settings, workdir, runs="/a,/b"))
    shutil.copytree(source, tmp_path / "other")
    assert "holds something else" in refusal(settings, workdir, out=str(tmp_path / "other"))
    assert not (source / "balanced").exists()


def test_another_data_set_in_the_same_folder_is_refused(settings, workdir):
    balance(settings, workdir)
    assert "holds a data set with another seed: choose" in refusal(settings, workdir, seed=1)


def test_a_run_that_saw_test_images_is_refused(settings, workdir, monkeypatch):
    tested = next(e for e in prepare(settings.data, 0).examples if e.file == "test/NORMAL/p0/0.png")
    run = DrawnRun(settings, workdir)
    run.provenance = Provenance("run", (tested,))
    monkeypatch.setattr(Run, "open", lambda path, mesh, limit: run)
    assert "was trained on test/NORMAL/p0/0.png, which is not in the training split" in refusal(settings, workdir)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"runs": 3}', '{"schema_version": 7}'])
def test_a_damaged_plan_is_named(settings, workdir, tmp_path, content):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".balance.json").write_text(content)
    assert "balance.json is damaged" in refusal(settings, workdir)


def test_a_set_of_an_older_version_is_told_apart(settings, workdir, tmp_path):
    """Its real images are the files of the source."""
    balance(settings, workdir)
    plan = tmp_path / "out" / ".balance.json"
    values = json.loads(plan.read_text())
    old = {name: values[name] for name in ("source", "ratio", "seed", "max_similarity", "classes")}
    plan.write_text(json.dumps(old | {"runs": [[run["identity"], run["step"]] for run in values["runs"]]}))
    assert "a data set with another resolution, real, image_size" in refusal(settings, workdir)


def test_a_balanced_set_is_refused_before_it_is_decoded(settings, workdir, tmp_path, monkeypatch):
    balance(settings, workdir)
    balanced = settings.with_overrides({"data.dir": str(tmp_path / "out"), "balance.out": str(tmp_path / "again")})
    monkeypatch.setattr(data_prepare, "prepare", lambda *arguments: pytest.fail("decoded"))
    assert "holds 3 synthetic images" in refusal(balanced, workdir)
