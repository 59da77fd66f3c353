"""The tables of `make bench` on a small book."""

from __future__ import annotations

import json

from reading.runner.shelf import Shelf
from scispaces.reading.runner import bench

TIMING = """import json, os
row = {"chapter": "alpha", "id": "slow-one", "part": "identity", "seconds": 7.5}
print(json.dumps(row), file=open(os.environ["SCISPACES_TIMINGS"], "a"))"""


def test_tables(tmp_path):
    shelf = Shelf(tmp_path)
    path = shelf.add("alpha", TIMING, "held = bytearray(150_000_000)\nimport os\nlen(os.sched_getaffinity(0))")
    before = path.read_bytes()
    page = tmp_path / "_build/html/chapters/mathematics/alpha.html"
    (tmp_path / "_build/html/_images").mkdir(parents=True)
    page.parent.mkdir(parents=True)
    page.write_text('<img src="../../_images/a.png"><img src="../../_images/a.png"><script src="../../_static/b.js">')
    (tmp_path / "_build/html/_images/a.png").write_bytes(b"0" * 5000)
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks/spectral_norm.py").write_text("print('ours 1.0 ms, peer 2.0 ms')")
    status, text = shelf.run("bench")
    assert status == 0, text
    row = next(line for line in text.splitlines() if line.startswith("alpha")).split()
    assert 0 < float(row[1]) < 60 and 0 < float(row[2]) < 30 and 150 < float(row[3]) < 1000 and row[4:] == ["0", "5"]
    assert "1 parts of claims took more than a quarter" in text and "7.5 s  alpha" in text
    assert "spectral norm\nours 1.0 ms" in text
    assert path.read_bytes() == before, "nothing is stored"


def test_limits_and_failures_count(tmp_path):
    shelf = Shelf(tmp_path)
    shelf.add("alpha", "held = bytearray(1_100_000_000)\nheld[::4096] = b'1' * len(held[::4096])")
    status, text = shelf.run("bench")
    assert status == 1 and "over 1000 MB" in text
    shelf.add("alpha", "1 / 0")
    status, text = shelf.run("bench", "alpha")
    assert status == 1 and "ZeroDivisionError" in text


def test_timings_are_sorted_slowest_first():
    lines = [json.dumps({"chapter": "c", "id": str(s), "part": 0, "seconds": s}) for s in (1, 3, 2)]
    assert [t.seconds for t in bench.read_timings([*lines, ""])] == [3.0, 2.0, 1.0]
