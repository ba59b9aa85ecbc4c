"""Threads never hold more together than they may, and never wait for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor

from dcgan_jax.data.memory_budget import MemoryBudget


def test_threads_together_hold_no_more_than_the_limit_but_for_one():
    budget, lock = MemoryBudget(100), threading.Lock()
    held, most = 0, 0

    def work(amount):
        nonlocal held, most
        with budget.holding(10), budget.working(amount):
            with lock:
                held += amount
                most = max(most, held)
            with lock:
                held -= amount

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, [20, 30, 250, 40, 5] * 200))
    assert most <= 250 + 100
    assert held == 0


def test_what_is_larger_than_the_limit_has_its_turn_alone():
    budget = MemoryBudget(100)
    entered = []

    def work(name):
        with budget.holding(150), budget.working(1000):
            entered.append(name)

    threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(entered) == list(range(8))


def test_threads_that_hold_all_there_is_and_want_more_go_on_one_by_one():
    budget, barrier = MemoryBudget(100), threading.Barrier(2)
    done = []

    def work(name):
        with budget.holding(12):
            barrier.wait(10)  # both hold their share now
            with budget.working(95):
                done.append(name)

    threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(done) == [0, 1]
