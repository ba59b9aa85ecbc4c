"""Which record of scores a card cites."""

import pytest

from dcgan_jax.evaluation.record import read_evaluation
from dcgan_jax.runs.origin import find_record
from dcgan_jax.runs.workdir import Workdir
from tests.evaluation.conftest import OLD_RECORD


@pytest.fixture
def workdir(tmp_path):
    """Scored at step 4 under two protocols, by two weights under one of them, and at step 6."""
    workdir = Workdir(tmp_path)
    workdir.evaluation.mkdir()
    record = read_evaluation(OLD_RECORD)
    for fid, (step, protocol, fingerprint) in enumerate(
        ((4, "default", "aa"), (4, "default", "bb"), (4, "paper", "cc"), (6, "default", "aa"))
    ):
        scored = record.model_copy(update={"fid": float(fid), "step": step, "protocol": protocol})
        scored.write(workdir.evaluation / f"step_{step:07d}_{protocol}_{fingerprint}.json")
    return workdir


@pytest.mark.parametrize(
    ("step", "protocol", "fid"), [(4, "paper", 2.0), (4, "default", 1.0), (6, "paper", 3.0), (4, "other", 2.0)]
)
def test_a_card_cites_the_runs_own_protocol_where_the_checkpoint_was_scored_under_it(workdir, step, protocol, fid):
    assert find_record(workdir, step, protocol).fid == fid


def test_a_checkpoint_that_was_not_scored_has_none(workdir):
    assert find_record(workdir, 5, "default") is None


def test_a_damaged_record_of_another_protocol_does_not_matter(workdir):
    (workdir.evaluation / "step_0000004_paper_cc.json").write_text("{")
    assert find_record(workdir, 4, "default").fid == 1.0
