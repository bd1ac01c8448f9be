"""Measures what learning costs: `regua train`, and a run with a model beside the same run without one.

    python3 benches/learning.py --binary target/release/regua 200000 1000000

For each number of invoices the demo's inputs are generated once. The stages of a training are those of its log: what comes before
`learn` reads the inputs and works out the bills. Runs of one date alternate, each into an output of its own: without a model, and with
one that was trained 91 days before, so that what it told since is looked at too. Processor seconds and peak memory are those of
`wait4`; each is the median of the rounds.
"""

import argparse
import datetime
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

AS_OF, TRAINED = "2026-06-30", "2026-03-31"


def run(arguments, folder):
    """Runs a command; wall seconds, processor seconds, peak megabytes, and its stages."""
    began = time.monotonic()
    process = subprocess.Popen(arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{arguments}: {said}")
    ended = datetime.datetime.now(datetime.timezone.utc)
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, stages(said, ended)


def median(runs):
    return [statistics.median(figures) for figures in zip(*(of[:3] for of in runs))]


def stages(said, ended):
    """Seconds from the beginning of each stage to that of the next, or to the end, from the log."""
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    when = [(datetime.datetime.fromisoformat(line["timestamp"]), line.get("stage")) for line in lines]
    begun = [(time, stage) for time, stage in when if stage]
    ends = [time for time, _ in begun[1:]] + [ended]
    return ", ".join(f"{stage} {(end - time).total_seconds():.1f}" for (time, stage), end in zip(begun, ends))


def measure(binary, pipelines, invoices, rounds):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run(["cp", "-r", pipelines, "pipelines"], cwd=folder, check=True)
        run([binary, "demo", "--generate-only", "--invoices", str(invoices), "--dir", "."], folder)
        output = folder / "output"
        trainings, without, used = [], [], []
        for _ in range(rounds):
            shutil.rmtree(output, ignore_errors=True)
            without.append(run([binary, "run", "pipelines/daily.toml", "--as-of", AS_OF], folder))
            shutil.rmtree(output)
            trainings.append(run([binary, "train", "pipelines/daily.toml", "--as-of", TRAINED], folder))
            used.append(run([binary, "run", "pipelines/daily.toml", "--as-of", AS_OF], folder))
        for what, runs in (("run without", without), ("run with", used), ("train", trainings)):
            wall, cpu, peak = median(runs)
            print(f"{invoices:>11,} {what:<12} {wall:>8.1f} {cpu:>8.1f} {peak:>6.0f}  {runs[-1][3]}")
        ratio = median(used)[1] / median(without)[1]
        print(f"{'':>11} a model adds {100 * (ratio - 1):.1f} % of processor time")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("invoices", nargs="+", type=int)
    parser.add_argument("--binary", default="target/release/regua")
    parser.add_argument("--pipelines", default=str(pathlib.Path(__file__).parent.parent / "pipelines"))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    binary = str(pathlib.Path(arguments.binary).resolve())
    print(f"{'invoices':>11} {'':<12} {'wall s':>8} {'cpu s':>8} {'MB':>6}  seconds by stage")
    for invoices in arguments.invoices:
        measure(binary, arguments.pipelines, invoices, arguments.rounds)


if __name__ == "__main__":
    main()
