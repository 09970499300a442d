import pytest
from ttlcache import Cache, CacheError, CacheStats, Clock, compare_policies, simulate, smallest_capacity


def filled(text, capacity=3, **options):
    cache = Cache(capacity, **options)
    for key in text:
        cache.put(key, key.upper())
    return cache


@pytest.mark.requirement("R1")
def test_clock_starts_where_it_is_told():
    assert (Clock().now, Clock(5).now) == (0, 5)
    assert Clock(5).advance(2) == 7


@pytest.mark.requirement("R1")
def test_clock_moves_forward_only():
    clock = Clock()
    clock.advance(2)
    clock.advance(1.5)
    assert clock.now == 3.5
    assert clock.advance(0) == 3.5
    with pytest.raises(CacheError):
        clock.advance(-1)


@pytest.mark.requirement("R2")
def test_get_returns_what_was_put():
    cache = Cache(2)
    cache.put("a", 1)
    assert cache.get("a") == 1
    cache.put("a", 2)
    assert cache.get("a") == 2


@pytest.mark.requirement("R2")
def test_get_of_absent_keys_gives_the_default():
    assert Cache(2).get("a") is None
    assert Cache(2).get("a", 7) == 7


@pytest.mark.requirement("R2")
def test_none_is_a_value():
    cache = Cache(2)
    cache.put("a", None)
    assert cache.get("a", 7) is None


@pytest.mark.requirement("R2")
def test_many_values_at_once():
    cache = Cache(2)
    cache.put_many({"a": 1, "b": 2, "c": 3})
    assert cache.get_many(["c", "a", "b"]) == {"c": 3, "b": 2}


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("capacity", [0, -1])
def test_capacities_below_one_are_refused(capacity):
    with pytest.raises(CacheError):
        Cache(capacity)
    with pytest.raises(CacheError):
        Cache(1).resize(capacity)


@pytest.mark.requirement("R3")
def test_times_to_live_must_be_above_zero():
    with pytest.raises(CacheError):
        Cache(1, ttl=0)
    with pytest.raises(CacheError):
        Cache(1).put("a", 1, ttl=0)
    with pytest.raises(CacheError):
        Cache(1).touch("a", ttl=-1)


@pytest.mark.requirement("R3")
def test_unknown_policies_are_refused():
    with pytest.raises(ValueError):
        Cache(1, "random")
    assert Cache(1).resize(1) == []


@pytest.mark.requirement("R4")
def test_lru_evicts_the_key_unused_for_longest():
    cache = filled("abc")
    cache.get("a")
    cache.put("d", 4)
    assert cache.get_many("abcd") == {"a": "A", "c": "C", "d": 4}


@pytest.mark.requirement("R4")
def test_writing_is_a_use():
    cache = filled("abca")
    cache.put("d", 4)
    assert set(cache.get_many("abcd")) == {"a", "c", "d"}


@pytest.mark.requirement("R4")
def test_overwriting_a_full_cache_evicts_nothing():
    cache = filled("abcb")
    assert set(cache.get_many("abc")) == {"a", "b", "c"}


@pytest.mark.requirement("R5")
def test_lfu_evicts_the_key_used_least():
    cache = filled("abcaac", policy="lfu")
    cache.put("d", 4)
    assert set(cache.get_many("abcd")) == {"a", "c", "d"}


@pytest.mark.requirement("R5")
def test_lfu_breaks_ties_by_last_use():
    cache = filled("abccba", policy="lfu")
    cache.put("d", 4)
    assert set(cache.get_many("abcd")) == {"a", "b", "d"}


@pytest.mark.requirement("R5")
def test_lfu_counts_reading():
    cache = filled("abc", policy="lfu")
    cache.get_many("aab")
    cache.put("d", 4)
    assert set(cache.get_many("abcd")) == {"a", "b", "d"}


@pytest.mark.requirement("R6")
def test_fifo_evicts_the_oldest_key():
    cache = filled("abcaa", policy="fifo")
    cache.put("d", 4)
    assert set(cache.get_many("abcd")) == {"b", "c", "d"}


@pytest.mark.requirement("R6")
def test_fifo_forgets_the_place_of_evicted_keys():
    cache = filled("abcda", policy="fifo")
    assert set(cache.get_many("abcd")) == {"c", "d", "a"}


@pytest.mark.requirement("R7")
def test_entries_end_exactly_when_their_time_is_up():
    clock = Clock()
    cache = filled("a", ttl=10, clock=clock)
    clock.now = 9
    assert cache.get("a") == "A"
    clock.now = 10
    assert cache.get("a") is None


@pytest.mark.requirement("R7")
def test_an_entry_may_have_its_own_time():
    clock = Clock()
    cache = Cache(3, ttl=10, clock=clock)
    cache.put("long", 1, ttl=20)
    cache.put("short", 2, ttl=5)
    clock.now = 10
    assert cache.get_many(["long", "short"]) == {"long": 1}


@pytest.mark.requirement("R7")
def test_writing_starts_the_time_again():
    clock = Clock()
    cache = filled("a", ttl=10, clock=clock)
    clock.now = 8
    cache.put("a", 1)
    clock.now = 17
    assert cache.get("a") == 1


@pytest.mark.requirement("R7")
def test_reading_starts_the_time_again_only_when_sliding():
    clock = Clock()
    fixed, sliding = filled("a", ttl=10, clock=clock), filled("a", ttl=10, clock=clock, sliding=True)
    clock.now = 8
    assert (fixed.get("a"), sliding.get("a")) == ("A", "A")
    clock.now = 17
    assert (fixed.get("a"), sliding.get("a")) == (None, "A")


@pytest.mark.requirement("R8")
def test_expired_entries_make_room_before_anything_is_evicted():
    clock = Clock()
    cache = Cache(2, clock=clock)
    cache.put("old", 1)
    cache.put("short", 2, ttl=5)
    clock.now = 5
    cache.put("new", 3)
    assert cache.stats.evictions == 0
    assert cache.stats.expirations == 1


@pytest.mark.requirement("R8")
def test_purge_drops_what_has_expired():
    clock = Clock()
    cache = filled("abc", ttl=5, clock=clock)
    cache.put("a", 1, ttl=6)
    assert cache.purge() == 0
    clock.now = 5
    assert cache.purge() == 2
    assert cache.purge() == 0


@pytest.mark.requirement("R9")
def test_peek_does_not_use_the_key():
    cache = filled("abc")
    assert cache.peek("a") == "A"
    assert cache.peek("z", 7) == 7
    cache.put("d", 4)
    assert cache.peek("a") is None


@pytest.mark.requirement("R9")
def test_contains_does_not_count():
    cache = filled("abc")
    assert (cache.contains("a"), cache.contains("z")) == (True, False)
    assert (cache.stats.hits, cache.stats.misses) == (0, 0)


@pytest.mark.requirement("R10")
def test_pop_takes_the_value_out():
    cache = filled("abc")
    assert cache.pop("b") == "B"
    assert cache.pop("b", 7) == 7
    assert cache.stats == CacheStats()


@pytest.mark.requirement("R10")
def test_clear_drops_everything_but_the_counters():
    cache = filled("abcd")
    cache.clear()
    assert cache.pop("d") is None
    assert cache.stats.evictions == 1


@pytest.mark.requirement("R11")
def test_touch_starts_the_time_again():
    clock = Clock()
    cache = filled("ab", ttl=10, clock=clock)
    clock.now = 6
    assert cache.touch("a") is True
    assert cache.touch("z") is False
    assert (cache.remaining("a"), cache.remaining("b")) == (10, 4)


@pytest.mark.requirement("R11")
def test_touch_may_set_another_time():
    cache = filled("a", ttl=10)
    assert cache.touch("a", ttl=3) is True
    assert cache.remaining("a") == 3


@pytest.mark.requirement("R11")
def test_touch_is_a_use():
    cache = filled("abc")
    assert cache.touch("a")
    cache.put("d", 1)
    assert (cache.touch("a"), cache.touch("b")) == (True, False)


@pytest.mark.requirement("R11")
def test_remaining_is_none_without_an_end():
    assert filled("a").remaining("a") is None
    assert filled("a", ttl=4).remaining("b") is None


@pytest.mark.requirement("R12")
@pytest.mark.parametrize(("policy", "order"), [("lru", "bca"), ("lfu", "cab"), ("fifo", "abc")])
def test_keys_come_in_the_order_of_eviction(policy, order):
    assert "".join(filled("abbbca", policy=policy).keys()) == order


@pytest.mark.requirement("R12")
def test_expired_keys_are_not_listed_or_counted():
    clock = Clock()
    cache = filled("ab", ttl=5, clock=clock)
    cache.put("c", 1, ttl=9)
    clock.now = 5
    assert cache.keys() == ["c"]
    clock.now = 0
    cache = filled("ab", ttl=5, clock=clock)
    cache.put("c", 1, ttl=9)
    assert cache.size() == 3
    clock.now = 5
    assert cache.size() == 1
    assert cache.keys() == ["c"]


@pytest.mark.requirement("R13")
def test_resize_evicts_what_is_too_much():
    cache = filled("abcd", capacity=4)
    assert cache.resize(2) == ["a", "b"]
    assert cache.capacity == 2
    assert cache.resize(1) == ["c"]


@pytest.mark.requirement("R13")
def test_resize_to_more_keeps_all():
    cache = filled("abc")
    assert cache.resize(4) == []
    cache.put("d", 1)
    assert cache.resize(3) == ["a"]


@pytest.mark.requirement("R13")
def test_resize_does_not_evict_what_has_expired():
    clock = Clock()
    cache = filled("ab", ttl=5, clock=clock)
    cache.put("c", 1, ttl=9)
    clock.now = 6
    assert cache.resize(1) == []
    assert cache.stats.evictions == 0


@pytest.mark.requirement("R14")
def test_a_missing_value_is_computed_once():
    cache = Cache(2)
    assert cache.get_or_compute("ab", str.upper) == "AB"
    assert cache.get_or_compute("ab", str.title) == "AB"
    assert (cache.stats.hits, cache.stats.misses) == (1, 1)


@pytest.mark.requirement("R14")
def test_computed_values_expire():
    clock = Clock()
    cache = Cache(2, clock=clock)
    assert cache.get_or_compute("ab", str.upper, ttl=5) == "AB"
    clock.now = 5
    assert cache.get_or_compute("ab", str.title) == "Ab"


@pytest.mark.requirement("R15")
def test_counters_follow_the_cache():
    cache = filled("abcde")
    cache.get("a")
    cache.get("d")
    cache.get_many("ez")
    assert cache.snapshot() == CacheStats(hits=2, misses=2, evictions=2, expirations=0)


@pytest.mark.requirement("R15")
def test_snapshots_stand_still():
    cache = filled("a")
    before = cache.snapshot()
    cache.get("a")
    assert before == CacheStats()
    assert cache.snapshot() == CacheStats(hits=1)


@pytest.mark.requirement("R15")
def test_expirations_are_counted():
    clock = Clock()
    cache = filled("ab", ttl=1, clock=clock)
    clock.now = 1
    cache.get("a")
    assert cache.snapshot() == CacheStats(misses=1, expirations=1)
    cache.get("a")
    assert cache.snapshot() == CacheStats(misses=2, expirations=1)


@pytest.mark.requirement("R16")
def test_hit_ratio_is_the_share_of_hits():
    assert CacheStats(hits=3, misses=1, evictions=9).hit_ratio() == 0.75
    assert CacheStats().hit_ratio() == 0.0
    assert CacheStats(hits=2, misses=2).hit_ratio() == 0.5


@pytest.mark.requirement("R16")
def test_lookups_are_hits_and_misses():
    assert CacheStats(3, 2, 1, 1).lookups() == 5


@pytest.mark.requirement("R16")
def test_since_subtracts_an_earlier_reading():
    assert CacheStats(9, 7, 5, 3).since(CacheStats(1, 2, 3, 1)) == CacheStats(8, 5, 2, 2)


@pytest.mark.requirement("R17")
def test_simulate_replays_requests():
    assert simulate("abacab", 2) == CacheStats(hits=2, misses=4, evictions=2)
    assert simulate("abacab", 2, "fifo") == CacheStats(hits=1, misses=5, evictions=3)


@pytest.mark.requirement("R17")
def test_policies_are_compared_on_the_same_requests():
    assert compare_policies("aaabcbca", 2) == {"lru": 4, "lfu": 3, "fifo": 4}
    assert compare_policies("abacab", 2) == {"lru": 2, "lfu": 2, "fifo": 1}


@pytest.mark.requirement("R17")
def test_smallest_capacity_reaches_the_ratio():
    assert smallest_capacity("abcabc", 0.5) == 3
    assert smallest_capacity("aaaa", 0.75) == 1
    assert smallest_capacity("abab", 0.6) is None
    assert smallest_capacity("abacab", 1 / 3, "fifo") == 3
