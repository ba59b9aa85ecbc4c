"""What an exported generator tells of its settings."""

from dcgan_jax.settings import DataSettings, Settings
from dcgan_jax.sharing.record import select_told


def test_no_folder_of_anybody_is_told():
    settings = Settings(data=DataSettings(dir="/data/of/hospital")).with_overrides(
        {
            "eval.weights": "/home/someone/weights.pth",
            "checkpoint.dir": "gs://someones/checkpoints",
            "train.init_from": "/home/someone/run",
        }
    )
    told = select_told(settings)
    assert told["data"]["image_size"] == 128
    assert told["model"] == settings.values()["model"]
    assert not any(name in str(told) for name in ("hospital", "someone"))
