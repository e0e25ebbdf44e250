"""What an index stands: builds killed at random, two writers beside eight readers, a disk that is full at any byte.

    python bench/index_faults.py kills --times 200      builds killed at random moments while two readers read
    python bench/index_faults.py churn --minutes 10     two writers, eight readers
    python bench/index_faults.py full --steps 400       a write limit from nothing to enough
    python bench/index_faults.py disk --steps 400       a disk (tmpfs, for root) with room from nothing to enough
    python bench/index_faults.py                        a short turn of each

Small reports and a small deterministic embedder: this is about files, not about the model. Unix only.
Prints a JSON object a trial, and stops with an error at the first thing that is not as it should be.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
import index_trial


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("kills", "churn", "full", "disk"))
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=0.25)
    parser.add_argument("--steps", type=int, default=40)
    asked = parser.parse_args()
    work: dict[str, Callable[[Path], dict[str, Any]]] = {
        "kills": lambda folder: index_trial.kills(folder, asked.times),
        "churn": lambda folder: index_trial.churn(folder, 60 * asked.minutes),
        "full": lambda folder: index_trial.full(folder, asked.steps),
    }
    if asked.what == "disk":
        work["disk"] = lambda folder: index_trial.full(folder, asked.steps, disk=True)
    for name in [asked.what] if asked.what else work:
        with tempfile.TemporaryDirectory() as folder:
            print(name, json.dumps(work[name](Path(folder)), ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
