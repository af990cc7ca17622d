"""12,000 damaged photos of six formats: no crash, no hang, within bounded memory, and every failure named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EACH = 2000
HANG = 2.0  # seconds for a photo of 40 x 30 pixels


@pytest.mark.skipif(sys.platform == "win32", reason="memory is limited with setrlimit")
def test_damaged_photos_are_read_or_refused_by_name(tmp_path):
    command = [sys.executable, "-m", "tests.data.fuzz_photos", str(tmp_path), str(EACH)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    found = json.loads(run.stdout)
    assert sum(one["tried"] for one in found.values()) == 6 * EACH == 12_000
    for kind, one in found.items():
        assert one["read"] + one["refused"] == EACH, kind
        assert one["unnamed"] == 0, kind
        assert one["read"] > 0, kind
        assert one["refused"] > EACH / 4, kind
        assert one["longest"] < HANG, kind
        assert "damaged" in one["reasons"], kind
