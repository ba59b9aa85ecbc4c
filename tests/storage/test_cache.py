"""All caches follow one variable, else the user's cache directory."""

from pathlib import Path

from dcgan_jax.storage.cache import CACHE_VARIABLE, cache_dir


def test_one_variable_moves_all_caches(monkeypatch, tmp_path):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert cache_dir("prepared") == tmp_path / "prepared"
    assert not cache_dir("prepared").exists()


def test_by_default_they_are_in_the_users_cache_directory(monkeypatch, tmp_path):
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir("prepared") == tmp_path / "dcgan_jax" / "prepared"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert cache_dir("prepared") == tmp_path / ".cache" / "dcgan_jax" / "prepared"
