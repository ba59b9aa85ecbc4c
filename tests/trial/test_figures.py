"""Figures of a trial, by what is drawn in them."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from dcgan_jax.trial.figures import list_areas, save_roc_curves, save_scarcity
from dcgan_jax.trial.record import TrialRecord
from tests.trial.test_record import OLD_TRIAL


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draws with a function and returns the panels."""
    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, file, format, dpi: figures.append(figure))

    def draw(save, *content):
        save(*content, tmp_path / "figure.png")
        return figures[-1].axes

    return draw


def test_the_mean_roc_curve_runs_from_corner_to_corner(drawn):
    whole, corner = drawn(save_roc_curves, np.array([0, 0, 1, 1]), {"real": [np.array([0.1, 0.6, 0.5, 0.9])] * 2})
    mean = next(line for line in whole.lines if line.get_label() == "real")
    assert mean.get_xydata()[[0, -1]].tolist() == [[0.0, 0.0], [1.0, 1.0]]
    assert corner.get_ylim()[0] == pytest.approx(0.7)


def test_scarce_data_are_drawn_from_few_images_to_many(drawn):
    points = [(3632, 0.99, (0.98, 0.995)), (370, 0.95, (0.9, 0.97))]
    (axes,) = drawn(save_scarcity, {"real": points, "synthetic 1": points}, "real training NORMAL images")
    assert axes.get_xlabel() == "real training NORMAL images"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["370", "3,632"]
    assert next(line.get_ydata().tolist() for line in axes.lines if len(line.get_ydata()) == 2) == [0.95, 0.99]


def test_where_one_class_alone_is_rare_its_images_are_counted():
    record = TrialRecord.read(OLD_TRIAL)
    fields = {**record.plan.fields, "trial.fractions_of": "label"}
    rare = record.model_copy(update={"plan": record.plan.model_copy(update={"fields": fields})})
    counted = [[points[0][0] for points in list_areas(one).values()] for one in (record, rare)]
    assert counted == [[28, 28], [14, 14]]  # of NORMAL and PNEUMONIA 14 each
