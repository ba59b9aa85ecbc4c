import errno
import hashlib
import json
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.evaluation import __main__ as main_module
from dcgan_jax.evaluation.__main__ import main
from dcgan_jax.evaluation.set_scores import SetScores
from dcgan_jax.metrics.comparison import SCORES


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("folders")
    rng = np.random.default_rng(0)
    for name, mean in (("real", 90), ("generated", 110), ("few", 90)):
        (root / name).mkdir()
        for i in range(3 if name == "few" else 10):
            pixels = np.clip(rng.normal(mean + 5 * i, 40, (32, 32)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{i}.png")
    return root


@pytest.fixture(scope="module")
def run(folders, weights_file):
    def run(real, generated, *options):
        return main([str(folders / real), str(folders / generated), "--dims=64", f"--weights={weights_file}", *options])

    return run


def test_the_record_carries_its_protocol(run, folders, capsys):
    assert run("real", "generated", f"--json={folders / 'record.json'}", "--preprocess=pillow") == 0
    record = json.loads((folders / "record.json").read_text())
    assert record["fid"] > 0
    assert {"kid", "precision", "recall", "density", "coverage", "versions", "weights_sha256"} <= record.keys()
    assert (record["dims"], record["num_real"], record["num_generated"]) == (64, 10, 10)
    assert (record["preprocess"], record["resize_filter"]) == ("pillow", "Pillow bicubic, 8 bits")
    assert record["weights"] == "other weights"
    assert any("10 real images are too few for 64 dimensions" in warning for warning in record["warnings"])
    assert any("other weights" in warning for warning in record["warnings"])
    output = capsys.readouterr()
    assert f"{record['fid']:.6f}" in output.out
    assert "too few" in output.err


def test_a_folder_against_itself(run, folders):
    assert run("real", "real", f"--json={folders / 'self.json'}") == 0
    record = json.loads((folders / "self.json").read_text())
    assert record["fid"] < 1e-6
    assert (record["precision"], record["recall"], record["coverage"]) == (1, 1, 1)


def test_statistics_take_the_place_of_either_folder(run, folders):
    assert run("real", "real.npz", "--save_stats") == 0
    assert run("generated", "generated.npz", "--save_stats") == 0
    found = []
    for real, generated in (("real", "generated"), ("real.npz", "generated"), ("real", "generated.npz")):
        assert run(real, generated, f"--json={folders / 'record.json'}") == 0
        record = json.loads((folders / "record.json").read_text())
        found.append(record["fid"])
    assert record["kid"] is None
    assert any("only fid" in warning for warning in record["warnings"])
    np.testing.assert_allclose(found, found[0], rtol=1e-9)
    with np.load(folders / "real.npz") as arrays:
        assert arrays["mu"].shape == (64,)
        assert arrays["sigma"].shape == (64, 64)


def test_two_files_of_statistics_need_no_weights(run, folders, capsys):
    for name in ("real", "generated"):
        assert run(name, f"{name}.npz", "--save_stats") == 0
    files = [str(folders / f"{name}.npz") for name in ("real", "generated")]
    assert main([*files, "--dims=64", "--weights=nowhere"]) == 0
    assert "fid" in capsys.readouterr().out


def test_few_images_leave_out_what_they_cannot_tell(run, folders):
    assert run("real", "few", f"--json={folders / 'few.json'}") == 0
    record = json.loads((folders / "few.json").read_text())
    assert record["precision"] is None
    assert record["fid"] > 0
    assert any("precision, recall, density, coverage are left out" in warning for warning in record["warnings"])


def test_what_the_folders_have_in_common_or_leave_out_is_said(run, folders, tmp_path, capsys):
    inside = folders / "real_with_export" / "generated"
    shutil.copytree(folders / "real", folders / "real_with_export")
    shutil.copytree(folders / "generated", inside)
    (inside / "9.png").rename(inside / "grid.png")
    (inside / "manifest.csv").write_text("file,synthetic\n" + "".join(f"{i}.png,synthetic\n" for i in range(9)))
    assert run("real_with_export", "real_with_export/generated", f"--json={tmp_path / 'record.json'}") == 0
    record = json.loads((tmp_path / "record.json").read_text())
    assert (record["num_real"], record["num_generated"]) == (19, 9)
    assert any("left out 1 of 10 images" in warning and "grid.png" in warning for warning in record["warnings"])
    assert any("9 of 9 images are on both sides" in warning for warning in record["warnings"])
    assert "grid.png" in capsys.readouterr().err


def test_features_of_ones_own_are_scored_and_known_by_their_hash(tmp_path, capsys):
    rng = np.random.default_rng(0)
    path = tmp_path / "features.npz"
    # Means 3 apart in one of five dimensions, equal covariances: a distance of about 9.
    np.savez(path, real=rng.normal(size=(4000, 5)), generated=rng.normal(3 * np.eye(5)[0], size=(4000, 5)))
    assert main([f"--features={path}", f"--json={tmp_path / 'record.json'}"]) == 0
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["fid"] == pytest.approx(9, rel=0.05)
    assert record["kid"] > 0
    assert (record["dims"], record["num_real"], record["num_generated"]) == (5, 4000, 4000)
    assert record["features_sha256"] == [hashlib.sha256(path.read_bytes()).hexdigest()] * 2
    assert (record["weights"], record["preprocess"]) == (None, None)
    assert f"{record['fid']:.6f}" in capsys.readouterr().out


def test_every_score_has_its_place_in_the_record():
    assert set(SCORES) <= SetScores.model_fields.keys()


def test_records_of_before_versions_were_counted_are_read(run, folders, tmp_path):
    path = tmp_path / "record.json"
    assert run("real", "generated", f"--json={path}") == 0
    new = json.loads(path.read_text())
    old = {name: value for name, value in new.items() if name not in ("schema_version", "intensity", "features_sha256")}
    path.write_text(json.dumps(old))
    assert SetScores.read(path).fid == new["fid"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["real", "nowhere"], "nowhere does not exist"),
        (["real", "generated", "--dims=100"], "--dims"),
        (["real", "generated", "--preprocess=sharp"], "preprocess=sharp"),
        (["real", "generated", "--resize_filter=nearest"], "goes with preprocess=pillow"),
        (["real", "generated", "--batch_size=-1"], "batch_size=-1"),
        (["real", "generated", "--json=nowhere/record.json"], "its folder does not exist"),
        (["real", "generated", "--color"], "--color"),
        (["real", "generated", "--features=f.npz"], "--features takes the place of the folders"),
        (["real", "generated", "--intensity=dark"], "--intensity"),
        (["real", "bad.npz"], "is no .npz with arrays"),
        (["real", "other.npz"], "statistics of 5 dimensions"),
        (["real", "nan.npz"], "not finite"),
        (["real", "objects.npz"], "it holds Python objects"),
    ],
)
def test_mistakes_get_one_sentence_and_exit_code_2(run, folders, capsys, arguments, reason):
    (folders / "bad.npz").write_bytes(b"no archive")
    np.savez(folders / "other.npz", mu=np.zeros(5), sigma=np.zeros((5, 5)))
    np.savez(folders / "nan.npz", mu=np.full(64, np.nan), sigma=np.zeros((64, 64)))
    np.savez(folders / "objects.npz", mu=np.array([print], object), sigma=np.zeros((64, 64)))
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert reason in error
    sentences = [line for line in error.strip().splitlines() if not line.startswith("features of")]  # progress
    assert len(sentences) == 1


def test_absent_weights_are_a_mistake(folders, capsys):
    assert main([str(folders / "real"), str(folders / "generated"), "--weights=nowhere.pth"]) == 2
    assert "--weights=nowhere.pth is not a file" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_weights_that_may_not_be_read_are_a_mistake(folders, tmp_path, capsys):
    (tmp_path / "weights.pth").touch(mode=0)
    assert main([str(folders / "real"), str(folders / "generated"), f"--weights={tmp_path / 'weights.pth'}"]) == 2
    assert "weights.pth can't be used (Permission denied)" in capsys.readouterr().err


def test_a_disk_that_fails_is_named_with_its_file(run, capsys, monkeypatch):
    def fail(path):
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr(main_module, "find_images", fail)
    assert run("real", "statistics.npz", "--save_stats") == 2
    assert "real can't be used (Input/output error)" in capsys.readouterr().err
