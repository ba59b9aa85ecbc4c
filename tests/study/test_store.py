"""Answers: one for each step, in turn, never changed, and known to be as they were given."""

import json
import sqlite3
import threading

import numpy as np
import pytest

from dcgan_jax.study.codes import create_code, hash_code
from dcgan_jax.study.database import FILE, Database
from dcgan_jax.study.schedule import Task, plan_steps
from dcgan_jax.study.sessions import Sessions
from dcgan_jax.study.store import Store, create_store
from tests.refusals import refused

TASKS = [Task((number,), "real" if number % 2 else "generated") for number in range(8)]


@pytest.fixture
def codes():
    return {reader: create_code() for reader in range(3)}


@pytest.fixture
def path(tmp_path, codes):
    rng = np.random.default_rng(0)
    steps = {reader: plan_steps([], TASKS, 0.25, rng) for reader in (1, 2)}
    create_store(tmp_path / FILE, "ab" * 32, steps, {reader: hash_code(code) for reader, code in codes.items()})
    return tmp_path / FILE


@pytest.fixture
def database(path):
    database = Database(path)
    yield database
    database.close()


@pytest.fixture
def store(database):
    return Store(database)


def answer_all(store, reader):
    while (step := store.place(reader).step) is not None:
        assert store.add(reader, step.item, {"of": step.images}) == "saved"


def test_steps_come_in_turn_and_end(store):
    answer_all(store, 1)
    assert store.place(1).step is None
    assert [answered.position for answered in store.read()] == list(range(12))
    assert [(each.reader, each.answered, each.steps) for each in store.progress()] == [(1, 12, 12), (2, 0, 12)]
    assert not store.is_complete()
    answer_all(store, 2)
    assert store.is_complete()


def test_the_first_answer_stays(store):
    item = store.place(1).step.item
    assert store.add(1, item, {"choice": "real"}) == "saved"
    assert store.add(1, item, {"choice": "generated"}) == "answered before"
    assert [answered.answer for answered in store.read()] == [{"choice": "real"}]


def test_nothing_is_answered_before_its_turn_or_for_another(store):
    later, others = store.steps[1][3].item, store.place(2).step.item
    assert store.add(1, later, {}) == "not yet"
    assert store.add(1, others, {}) == "unknown"
    assert store.find(1, others) is None
    assert store.add(1, "' OR 1=1 --", {}) == "unknown"
    assert store.read() == []


def test_two_windows_at_once_give_one_answer(store):
    item, outcomes = store.place(1).step.item, []
    threads = [threading.Thread(target=lambda: outcomes.append(store.add(1, item, {}))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["answered before"] * 7 + ["saved"]


def test_answers_survive_the_program(path, store):
    answer_all(store, 1)
    again = Database(path)
    assert len(Store(again).read()) == 12
    again.close()


def test_each_commit_waits_for_the_disk(database):
    assert database.rows("PRAGMA synchronous") == [(2,)]  # FULL
    assert database.rows("PRAGMA journal_mode") == [("wal",)]


@pytest.mark.parametrize("change", ["UPDATE answers SET answer = '{}'", "DELETE FROM answers", "DELETE FROM steps"])
def test_the_file_refuses_changes(path, store, change):
    answer_all(store, 1)
    with sqlite3.connect(path) as other, pytest.raises(sqlite3.IntegrityError, match="never"):
        other.execute(change)


@pytest.mark.parametrize(
    "change",
    [
        'UPDATE answers SET answer = \'{"choice":"real"}\' WHERE sequence = 5',
        "UPDATE answers SET at = 'sooner' WHERE sequence = 1",
        "DELETE FROM answers WHERE sequence = 4",
        "UPDATE answers SET reader = 2 WHERE sequence = 12",
        "UPDATE plan SET sha256 = 'cd'",
    ],
)
def test_a_change_past_the_guards_shows(path, store, change):
    answer_all(store, 1)
    with sqlite3.connect(path) as other:
        other.execute("DROP TRIGGER answers_stay")
        other.execute("DROP TRIGGER answers_remain")
        other.execute(change)
    other.close()
    again = Database(path)
    with refused("answer", path=path):
        Store(again).read()
    again.close()


def test_a_damaged_file_is_named(path):
    path.write_bytes(b"not a database" * 300)
    with refused(path=path):
        Database(path)
    with refused(path=path.with_name("none")):
        Database(path.with_name("none"))


def test_text_of_any_kind_is_kept_as_it_is(store):
    text = "Robert'); DROP TABLE answers;-- <script> ä \u2028"
    store.add(1, store.place(1).step.item, {"remark": text})
    assert store.read()[0].answer == {"remark": text}


def test_codes_are_kept_as_hashes_and_found_however_they_are_typed(path, database, codes):
    assert codes[1].encode() not in path.read_bytes() + path.with_name(f"{FILE}-wal").read_bytes()
    sessions = Sessions(database)
    token = sessions.sign_in(f" {codes[1].lower().replace('-', ' ')} ")
    assert sessions.find(token) == 1
    assert sessions.sign_in("AAAA-AAAA-AAAA-AAAA") is None
    assert sessions.sign_in("") is None
    assert sessions.find("") is None


def test_a_new_code_ends_what_the_old_one_began(database, codes):
    sessions, fresh = Sessions(database), create_code()
    token, others = sessions.sign_in(codes[1]), sessions.sign_in(codes[2])
    sessions.replace_code(1, fresh)
    assert sessions.sign_in(codes[1]) is None
    assert sessions.find(token) is None
    assert sessions.find(others) == 2
    assert sessions.find(sessions.sign_in(fresh)) == 1
    sessions.sign_out(others)
    assert sessions.find(others) is None


def test_steps_are_what_was_planned(store):
    steps = store.steps[1]
    assert [step.kind for step in steps] == ["consent", "instructions"] + ["image"] * 10
    shown = [step.images for step in steps[2:]]
    assert sorted(set(shown)) == [(number,) for number in range(8)]
    assert all(steps[step.repeat_of].images == step.images for step in steps if step.repeat_of is not None)
    assert json.dumps(steps[0].images) == "[]"
