"""What a page says of how a run was made: all of it to its owner, no folder's name to others."""

from unittest.mock import Mock

from dcgan_jax.report.overview import HIDDEN, list_commands, list_differences
from dcgan_jax.report.records import Records
from dcgan_jax.runs.starts import Start
from dcgan_jax.settings import DataSettings, Settings


def test_a_field_that_holds_a_path_is_hidden_from_others():
    settings = Settings(data=DataSettings(dir="/data/st_mary", holdout=0.25))
    shown, hidden = ({field.name: field.value for field in list_differences(settings, one)} for one in (False, True))
    assert shown == {"data.dir": "/data/st_mary", "data.holdout": "0.25"}
    assert hidden == {"data.dir": HIDDEN, "data.holdout": "0.25"}


def test_so_is_one_that_was_given_on_the_command_line():
    arguments = ("--mode=train", "--config=configs/cxr.py", "--config.data.dir=../st_mary", "--workdir=runs/st_mary")
    records = Mock(spec=Records, starts=[Mock(spec=Start, arguments=arguments, time="2026-11-28T10:00:00")])
    (shown,), (hidden,) = (list_commands(records, is_shared) for is_shared in (False, True))
    assert "runs/st_mary" in shown.words[-1]
    told = ("--mode=train", "--config=configs/cxr.py", f"--config.data.dir={HIDDEN}", f"--workdir={HIDDEN}")
    assert hidden.words == ("dcgan-jax", *told)
