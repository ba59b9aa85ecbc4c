import numpy as np
import pytest
from matplotlib.figure import Figure

from dcgan_jax.runs.curves import save_curves, smooth, thin
from dcgan_jax.training.step import METRICS


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draws the curves of rows and returns the panels of the figure."""
    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: figures.append(figure))

    def draw(rows, best_step=None):
        save_curves(rows, tmp_path / "curves.png", best_step)
        return figures.pop().axes

    return draw


def lines(axes):
    return {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}


NOISE = [
    {"step": step, **{name: (step % 2) + number for number, name in enumerate(METRICS)}} for step in range(1, 1001)
]


def test_each_metric_is_a_faint_raw_line_under_its_mean(drawn):
    panels = drawn(NOISE)
    names = [label for axes in panels for label in lines(axes)]
    assert sorted(names) == sorted(name.replace("_", " ") for name in METRICS)
    for axes in panels:
        for line in lines(axes).values():
            own = [other for other in axes.lines if other.get_color() == line.get_color()]
            (raw,) = [other for other in own if other is not line]
            assert raw.get_alpha() < 0.3
            assert np.ptp(raw.get_ydata()) == 1
            assert np.ptp(line.get_ydata()[10:-10]) < 1e-9  # a mean over ten values, of which every other is one more


def test_a_mean_over_a_hundredth_of_the_values():
    ramp = np.arange(300.0)
    np.testing.assert_allclose(smooth(ramp), [0.5, *range(1, 299), 298.5])  # three values side by side
    np.testing.assert_array_equal(smooth(ramp[:50]), ramp[:50])  # too few to be smoothed


def test_a_long_training_is_drawn_in_as_many_points_as_can_be_seen():
    values = np.arange(6001.0)
    assert len(thin(values)) == 1501  # means of four, and what is left
    np.testing.assert_array_equal(thin(values)[[0, 1, -1]], [1.5, 5.5, 6000.0])
    np.testing.assert_array_equal(thin(values[:2000]), values[:2000])


def test_one_wild_value_leaves_the_others_readable(drawn):
    loss = METRICS[0]
    rows = [{"step": step, loss: 1.0 + step % 2} for step in range(1, 1001)] + [{"step": 1001, loss: 1e6}]
    assert drawn(rows)[0].get_ylim()[1] < 3


def test_scores_stand_below_and_the_chosen_step_is_marked(drawn):
    scores = [{"step": step, "fid": 9.0 - step, "recall": 0.1 * step, "coverage": None} for step in (2, 4)]
    panels = drawn(NOISE[:4] + scores, best_step=4)
    assert [axes.get_ylabel() for axes in panels] == ["loss", "accuracy", "FID", "share"]
    assert list(lines(panels[2])["fid"].get_ydata()) == [7.0, 5.0]
    np.testing.assert_allclose(lines(panels[3])["recall"].get_ydata(), [0.2, 0.4])
    assert all("best checkpoint, step 4" in lines(axes) for axes in panels)


def test_shares_that_are_all_nought_are_at_the_bottom(drawn):
    axes = drawn([*NOISE[:4], {"step": 4, "fid": 2.0, "recall": 0.0, "coverage": 0.0}])[3]
    assert axes.get_ylim() == (0.0, 0.1)


def test_the_fid_of_each_class_is_drawn(drawn):
    panels = drawn([*NOISE[:4], {"step": 4, "fid": 2.0, "fid/A": 1.0, "fid/B": 3.0}])
    assert set(lines(panels[2])) == {"fid", "fid of A", "fid of B"}


def test_a_run_without_scores_has_two_panels(drawn):
    assert len(drawn(NOISE[:4])) == 2
