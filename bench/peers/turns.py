"""A contestant's turn: a fresh process that prints one JSON line a measurement."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROBE = "import importlib.util as u, sys; print(*[n for n in sys.argv[1:] if u.find_spec(n)])"


def installed(python: str, modules: Sequence[str]) -> list[str]:
    """Those of the modules that this interpreter can import."""
    done = subprocess.run([python, "-c", PROBE, *modules], capture_output=True, text=True, check=True, cwd="/")
    return done.stdout.split()


def turn(python: str, module: str, arguments: Sequence[str]) -> list[dict]:
    """What one fresh process finds; a contestant that fails is reported and has no figures."""
    command = [python, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        print(f"{' '.join(arguments[:2])}: failed\n{done.stderr[-2000:]}", file=sys.stderr)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"who"')]
