from pathlib import Path

import pytest

from dcgan_jax.evaluation.record import EvaluationRecord

OLD_RECORD = Path(__file__).with_name("record_v0.json")
"""Written by version 0.1, before records were typed."""


@pytest.fixture
def old_record() -> EvaluationRecord:
    """The record of version 0.1, read by this one."""
    return EvaluationRecord.read(OLD_RECORD)
