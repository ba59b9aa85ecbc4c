from tests.study.kill_campaign import run_campaign


def test_no_acknowledged_answer_is_lost_to_a_kill(tmp_path):
    """The whole campaign: `python -m tests.study.kill_campaign --kills=300`."""
    figures = run_campaign(tmp_path / "study", kills=4, readers=5, images=500, seed=3)
    assert figures["kills"] == 4
    assert figures["acknowledged"] > 0
