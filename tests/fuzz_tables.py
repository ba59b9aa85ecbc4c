"""Damaged tables and records: nothing but the named error, within the bounds of tests/fuzzing.py.

    python -m tests.fuzz_tables --cases=1000

As many of each: tables of labels, manifests, lists of training images, plans and records of trials, plans of balanced
sets.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from dcgan_jax.balance.record import BalancePlan
from dcgan_jax.data.labels.table import read_label_table
from dcgan_jax.data.synthetic_marks import MANIFEST
from dcgan_jax.runs.provenance import read_provenance
from dcgan_jax.settings import DataSettings
from dcgan_jax.trial.plan_record import Plan
from dcgan_jax.trial.record import TrialRecord
from dcgan_jax.trial.synthetic_folder import SyntheticFolder
from tests.fuzzing import Read, from_file, main

OLD_RECORDS = Path(__file__).parent / "trial" / "records"
ROWS = "".join(f"a{number}.png,NORMAL,synthetic,/runs/cxr\n" for number in range(5))
TRAIN_FILES = "".join(f"NORMAL/p{number}/a.png\tNORMAL\tp{number}\t{number:064x}\n" for number in range(5))
BALANCE_PLAN = {"source": "0" * 64, "ratio": 1.0, "seed": 0, "max_similarity": 0.97, "classes": {"NORMAL": 3}}
LABELS = [
    b"Image Index,Finding Labels,Patient ID,View Position\n00000001_000.png,Edema|Mass,1,PA\n2.png,No Finding,2,AP\n",
    b"Path,Sex,Frontal/Lateral,AP/PA,Edema,Mass\np1/s1/v1.jpg,F,Frontal,AP,1.0,-1.0\np2/s1/v1.jpg,M,Frontal,PA,0.0,\n",
    b"image_id;class_name;rad_id\ni1;Nodule/Mass;R1\ni1;Edema;R2\ni1;edema;R3\n",
]


def of_this_version(read: Callable[[Path], Plan | TrialRecord], path: Path) -> bytes:
    """Returns an old record as this version writes it."""
    return read(path).model_dump_json(indent=1).encode()


def read_manifest_in(folder: Path) -> Read:
    """Returns a reader of a manifest as a trial reads it."""

    def read(content: bytes) -> object:
        (folder / MANIFEST).write_bytes(content)
        return SyntheticFolder(str(folder), DataSettings(), [], [])

    return read


def run_campaigns(folder: Path) -> int:
    plan, record = OLD_RECORDS / "plan_0.json", OLD_RECORDS / "trial_0.json"
    balance = json.dumps({**BALANCE_PLAN, "runs": [["0" * 64, 40]]}, indent=1).encode()
    header = b"file\tclass\tpatient\tsha256\n"
    campaigns: dict[str, tuple[Read, list[bytes]]] = {
        "labels.csv": (from_file(read_label_table, ".csv"), LABELS),
        "manifest.csv": (read_manifest_in(folder), [f"file,class,synthetic,run\n{ROWS}".encode()]),
        "train_files.tsv": (from_file(read_provenance, ".tsv"), [header + TRAIN_FILES.encode()]),
        "plan.json": (from_file(Plan.read, ".json"), [plan.read_bytes(), of_this_version(Plan.read, plan)]),
        "trial.json": (
            from_file(TrialRecord.read, ".json"),
            [record.read_bytes(), of_this_version(TrialRecord.read, record)],
        ),
        ".balance.json": (from_file(BalancePlan.read, ".json"), [balance]),
    }
    failed = 0
    for name, (read, samples) in campaigns.items():
        for sample in samples:
            read(sample)  # whole, it is read
        print(f"{name}: ", end="")
        failed = max(failed, main(read, samples))
    return failed


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(run_campaigns(Path(scratch)))
