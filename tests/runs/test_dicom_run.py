"""A run on DICOM files: trained, images drawn from it, and nothing of the patients in what it leaves behind."""

from pathlib import Path

import numpy as np
import pytest

from dcgan_jax.data.phantom import draw_phantom
from dcgan_jax.storage.cache import CACHE_VARIABLE
from tests.dicom_files import IDENTIFIERS, make_dicom
from tests.launching import TINY_FLAGS, launch

PATIENTS = [f"MRN-{number:07d}" for number in range(8)]
NAMES = [name.encode() for name in (*IDENTIFIERS, *PATIENTS, "Jane", "1.2.826")]


@pytest.fixture
def xrays(tmp_path: Path) -> Path:
    """Two DICOM files of each patient, with a window, in a folder that is called as the patient is."""
    for number, patient in enumerate(2 * PATIENTS):
        path = tmp_path / "xrays" / "NORMAL" / f"Jane {patient}" / f"1.2.826.{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        stored = draw_phantom(64, 0, number, "NORMAL").astype(np.int64) * 16
        path.write_bytes(make_dicom(stored, patient=patient, WindowCenter=2048, WindowWidth=4096))
    return tmp_path / "xrays"


def list_leaks(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [str(path) for path in files if any(name in str(path).encode() + path.read_bytes() for name in NAMES)]


def test_it_leaves_no_identifier_behind(xrays, tmp_path):
    cache = tmp_path / "private"
    flags = ("--config.data.source=chest_xray", f"--config.data.dir={xrays}", "--config.data.holdout=0.25")
    command = (*TINY_FLAGS, *flags, "--config.train.steps=2", f"--workdir={tmp_path / 'run'}")
    for mode in ("train", "generate"):
        outcome = launch(*command, f"--mode={mode}", log=tmp_path / "log", **{CACHE_VARIABLE: str(cache)})
        assert outcome.code == 0, outcome.output
        assert not any(name.decode() in outcome.output for name in NAMES)
    assert list_leaks(xrays)  # so that finding nothing elsewhere means something
    assert list_leaks(tmp_path / "run") == []
    assert list_leaks(cache) == []
    assert "NORMAL/" in (tmp_path / "run" / "train_files.tsv").read_text()
