"""The notebook runs from its first cell to its last."""

from tests.notebooks import SAID, WORKDIR, read_notebook


def test_every_cell_runs(tour):
    assert "generated 0." in (tour / SAID).read_text()
    assert (tour / WORKDIR / "summary.json").is_file()


def test_no_output_is_kept_in_it():
    assert all(not cell.get("outputs") for cell in read_notebook()["cells"])
