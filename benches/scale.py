#!/usr/bin/env python3
"""Measures the whole run at one and ten million invoices: wall, user and peak memory, and where the time goes.

    cargo build --release && benches/scale.py [INVOICES ...]

Uses the binary that cargo built (CARGO_TARGET_DIR is honoured) and a temporary folder of about a gigabyte.
"""

import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
REGUA = TARGET / "release" / "regua"
AS_OF = "2026-06-30"


def measured(arguments):
    """Runs a command; returns wall seconds, user seconds and peak megabytes of that process alone."""
    start = time.monotonic()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"{' '.join(map(str, arguments))} failed:\n{errors}")
    return wall, usage.ru_utime, usage.ru_maxrss / 1024


def line(name, wall, user, peak):
    print(f"{name:<22} {wall:8.1f} s wall {user:8.1f} s user {peak:8.0f} MB peak")


def scale(invoices):
    with tempfile.TemporaryDirectory(prefix="regua-scale-") as folder:
        print(f"\n{invoices:,} invoices")
        demo = [REGUA, "demo", "--generate-only", "--invoices", str(invoices), "--dir", folder, "--as-of", AS_OF]
        line("generate", *measured(demo))
        run = [REGUA, "run", f"{folder}/pipelines/daily.toml", "--as-of", AS_OF, "--output", "json"]
        line("run", *measured(run))
        (results,) = pathlib.Path(folder).glob("output/runs/*/*/run_results.json")
        results = json.loads(results.read_text())
        print(f"  {results['rows_read']:,} rows read, {results['shards']} shards, {results['counts']}")
        for stage, seconds in sorted(results["seconds"].items(), key=lambda s: -s[1]):
            print(f"  {stage:<20} {seconds:8.2f} s   {results['peak_megabytes'][stage]:8.0f} MB peak so far")
        models = sorted(results["model_seconds"].items(), key=lambda s: -s[1])[:6]
        print("  slowest models: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in models))


if __name__ == "__main__":
    if not REGUA.exists():
        sys.exit(f"{REGUA} is not there: run `cargo build --release` first")
    print("stages inside the shards (open, transform, decide, facts, audit, write) are summed over the workers")
    for size in [int(a) for a in sys.argv[1:]] or [1_000_000, 10_000_000]:
        scale(size)
