from hypothesis import given
from hypothesis import strategies as st

from dcgan_jax.data.ranking import rank_by_hash

NAMES = st.sets(st.text(max_size=5), max_size=20)


@given(NAMES, NAMES)
def test_names_keep_their_order_when_others_come(names, others):
    ranked = rank_by_hash("key", names | others)
    assert [name for name in ranked if name in names] == rank_by_hash("key", names)


# sha256 of "key\nname", sorted, as sha256sum and sort give it.
RECORDED = ["NORMAL/4", "NORMAL/1", "NORMAL/2", "NORMAL/0", "NORMAL/5", "NORMAL/3"]


def test_the_key_decides_and_the_order_is_the_same_everywhere():
    names = [f"NORMAL/{number}" for number in range(6)]
    assert rank_by_hash("training 0", names) == RECORDED
    assert rank_by_hash("training 1", names) != RECORDED
