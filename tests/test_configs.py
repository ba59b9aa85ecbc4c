"""Every configuration is valid; the paper's has none of what goes beyond it."""

from pathlib import Path

import numpy as np
import pytest

from configs import ablation, cxr, cxr_best, default, own, quickstart
from dcgan_jax.settings import Settings
from dcgan_jax.training.batch_sizes import require_divisible
from dcgan_jax.training.schedule import create_schedule
from dcgan_jax.training.state import create_recipe

CONFIGS = {
    "default": default.get_config,
    "cxr": cxr.get_config,
    "cxr:smoke": lambda: cxr.get_config("smoke"),
    "cxr_best": cxr_best.get_config,
    "cxr_best:128": lambda: cxr_best.get_config("128"),
    "own": own.get_config,
    "quickstart": quickstart.get_config,
    **{f"ablation:{change}": lambda change=change: ablation.get_config(change) for change in ablation.CHANGES},
}


@pytest.mark.parametrize("name", CONFIGS)
def test_it_is_valid(name):
    Settings.from_config(CONFIGS[name]())


def test_all_files_are_tried():
    files = {path.stem for path in Path(default.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == {name.partition(":")[0] for name in CONFIGS}


def test_the_papers_recipe_goes_in_nothing_beyond_the_paper():
    paper = Settings.from_config(cxr.get_config())
    assert not Settings.from_config(default.get_config()).differences(paper).keys() - {"eval.every_epochs"}
    assert not any(getattr(paper.augment, name) for name in ("rotation", "translation", "cutout", "target"))
    assert (paper.loss.kind, paper.loss.r1, paper.average.half_life) == ("logistic", 0, 0)
    assert (paper.optimizer.discriminator_updates, paper.optimizer.discriminator_steps) == ("separate", 1)
    assert not paper.model.spectral_norm
    assert not paper.model.minibatch_std


@pytest.mark.parametrize(("change", "fields"), ablation.CHANGES.items())
def test_an_ablation_changes_only_what_it_says(change, fields):
    changed = Settings.from_config(ablation.get_config(change))
    differences = Settings.from_config(cxr.get_config()).differences(changed)
    assert differences
    assert differences.keys() <= fields.keys()


@pytest.mark.parametrize(("has_accelerator", "size"), [(False, (64, 8)), (True, (128, 64))])
def test_ones_own_data_get_a_size_that_fits_the_machine_and_the_best_recipe(monkeypatch, has_accelerator, size):
    monkeypatch.setattr(own, "expects_accelerator", lambda: has_accelerator)
    settings, best = Settings.from_config(own.get_config()), Settings.from_config(cxr_best.get_config())
    assert (settings.data.image_size, settings.model.base_channels) == size
    changed = {name.partition(".")[0] for name in best.differences(settings)} - {"data", "train", "checkpoint", "eval"}
    assert changed <= {"model", "optimizer", "augment"}
    assert best.augment.probability < settings.augment.probability < 1  # few images want more of it
    assert settings.optimizer.decay_start / settings.optimizer.decay_end == pytest.approx(
        best.optimizer.decay_start / best.optimizer.decay_end
    )
    assert settings.train.batch_size == best.train.batch_size
    schedule = create_schedule(settings, 60)
    assert schedule.total * settings.train.batch_size == settings.train.images
    assert schedule.total == settings.optimizer.decay_end
    assert schedule.is_scored


def test_ones_own_data_on_an_accelerator_train_as_wide_as_the_papers_networks(monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cuda,cpu")  # read by the configuration; JAX has looked at it before
    settings = Settings.from_config(own.get_config())
    assert (settings.data.image_size, settings.model.base_channels, settings.model.dtype) == (128, 64, "float32")
    assert (settings.train.images, settings.train.batch_size) == (640_000, 8)
    assert (settings.optimizer.decay_start, settings.optimizer.decay_end) == (40_000, 80_000)
    assert (settings.eval.every_steps, settings.checkpoint.every_steps) == (10_000, 5_000)
    require_divisible(settings, devices=1)
    recipe = create_recipe(settings)
    for network in (recipe.generator, recipe.discriminator):
        assert (network.base_channels, network.dtype) == (64, np.dtype("float32"))
    assert recipe.generator.image_size == 128


def test_the_best_recipe_keeps_the_papers_images_and_all_of_the_networks_but_how_they_upsample():
    paper, best = Settings.from_config(cxr.get_config()), Settings.from_config(cxr_best.get_config())
    assert best.model.upsample == "resize_3x3"  # fewer parameters, as many operations
    kept = ("base_channels", "latent_size", "channels")
    assert [getattr(best.model, name) for name in kept] == [getattr(paper.model, name) for name in kept]
    assert best.data == paper.data
    assert best.optimizer.discriminator_steps == paper.optimizer.discriminator_steps


def test_the_best_recipe_at_a_larger_batch_sees_as_many_images_at_rates_of_the_square_root():
    small, large = (Settings.from_config(cxr_best.get_config(size)) for size in ("8", "128"))
    assert small == Settings.from_config(cxr_best.get_config())
    assert large.train.steps * 128 == pytest.approx(small.train.steps * 8, rel=1e-3)
    assert large.optimizer.generator_learning_rate == pytest.approx(4 * 4e-4)
    assert large.optimizer.discriminator_learning_rate == pytest.approx(4 * 8e-4)
    assert large.optimizer.beta2 == pytest.approx(0.84)  # forgets 16 times 1% in a step
    assert (large.optimizer.decay_start, large.optimizer.decay_end) == (1956, 3912)
    sizes = ("8", "32", "64", "128", "1024")  # the second moment averages over 100, 25, 12.5, 6.25 and 1 step
    assert [cxr_best.get_config(size).loss.r1_every for size in sizes] == [4, 4, 2, 1, 1]
    changed = {"train.batch_size", "train.steps", "loss.r1_every"} | {
        f"optimizer.{name}"
        for name in ("generator_learning_rate", "discriminator_learning_rate", "beta2", "decay_start", "decay_end")
    }
    assert small.differences(large).keys() == changed


@pytest.mark.parametrize("size", ["12", "0", "-8", "many"])
def test_a_batch_that_groups_do_not_divide_is_no_variant_of_the_best_recipe(size):
    with pytest.raises(ValueError, match="multiple of 8"):
        cxr_best.get_config(size)
