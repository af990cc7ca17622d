"""The table of bench.peers: the best way of each contestant, and ratios against the best peer."""

import pytest

pytest.importorskip("resource", reason="the workers measure memory by it")

from bench.peers.__main__ import check_equal
from bench.peers.table import figures, markdown


def record(who: str, way: str, fastest: float, middle: float, **more: object) -> dict:
    base = {"who": who, "network": "net", "params": 5, "version": who, "what": "training", "way": way}
    return base | {"min": fastest, "median": middle} | more


RECORDS = [
    record("torch", "NCHW", 8.0, 10.0),
    record("torch", "NCHW", 6.0, 20.0),
    record("torch", "channels_last", 7.0, 9.0),
    record("keras", "fit", 9.0, 12.0),
    record("ours", "train_on_batch", 2.0, 4.0),
    {"who": "keras", "network": "net", "params": 5, "version": "keras", "what": "memory", "mib": 300.0},
    {"who": "ours", "network": "net", "params": 5, "version": "ours", "what": "memory", "mib": 100.0},
]


def test_each_contestant_counts_with_its_fastest_way_over_all_rounds():
    assert figures(RECORDS)["training"]["net"] == {"torch": (6.0, 15.0), "keras": (9.0, 12.0), "ours": (2.0, 4.0)}


def test_ratios_are_the_best_peers_figure_over_ours():
    training, memory = (line for line in markdown(RECORDS) if line.startswith("| net |"))
    assert training == "| net | 9 (12) | 6 (15) | 2 (4) | 3.00 (3.00) |"
    assert memory == "| net | 300 | 100 | 3.00 |"


def test_networks_of_different_sizes_are_not_compared():
    check_equal(RECORDS)
    with pytest.raises(RuntimeError, match="net: the contestants' networks differ"):
        check_equal([*RECORDS, record("openvino", "run", 1.0, 1.0, params=6)])
