"""Measures `regua simulate`: seconds for so many days of so many invoices.

    python3 benches/simulate.py --binary target/release/regua 2000x30 20000x30 100000x10

For each pair the demo's inputs are generated once, then the last days up to its as-of date are simulated; the ledger of
the demo goes back two years, so that every day reads nearly all of it. Wall and processor seconds and the peak memory are those
of `wait4`. A pair is invoices x days; a line says what ten years of daily replays would take at that pace.
"""

import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile

AS_OF = datetime.date(2026, 6, 30)
TEN_YEARS = 3652


def run(arguments, folder):
    """Runs a command; wall seconds, processor seconds, peak megabytes, and what it printed and logged."""
    began = datetime.datetime.now()
    with open(folder / "stdout", "w+", encoding="utf-8") as out:
        process = subprocess.Popen(arguments, cwd=folder, stdout=out, stderr=subprocess.PIPE)
        said = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        wall = (datetime.datetime.now() - began).total_seconds()
        out.seek(0)
        if status != 0:
            sys.exit(f"{arguments}: {said}")
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, (out.read(), said)


def stages(said):
    """Seconds by stage, from the log; of those inside the shards summed over the workers."""
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    seconds = next(json.loads(line["seconds"]) for line in lines if line.get("message") == "simulated")
    return ", ".join(f"{stage} {time:.1f}" for stage, time in sorted(seconds.items(), key=lambda of: -of[1]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", metavar="INVOICESxDAYS")
    parser.add_argument("--binary", default="target/release/regua")
    parser.add_argument("--pipelines", default=str(pathlib.Path(__file__).parent.parent / "pipelines"))
    arguments = parser.parse_args()
    binary = str(pathlib.Path(arguments.binary).resolve())
    print(f"{'invoices':>9} {'days':>5} {'wall s':>8} {'cpu s':>8} {'MB':>6} {'s a day':>8} {'ten years, min':>15} {'actions':>8}")
    for pair in arguments.pairs:
        invoices, days = (int(number) for number in pair.split("x"))
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            subprocess.run(["cp", "-r", arguments.pipelines, "pipelines"], cwd=folder, check=True)
            run([binary, "demo", "--generate-only", "--invoices", str(invoices), "--dir", "."], folder)
            first = AS_OF - datetime.timedelta(days=days - 1)
            command = [binary, "simulate", "pipelines/daily.toml", "--from", str(first), "--to", str(AS_OF)]
            wall, cpu, peak, (told, said) = run(command + ["--output", "json"], folder)
            told = json.loads(told.strip().splitlines()[-1])["policies"][0]
            a_day = wall / days
            print(
                f"{invoices:>9,} {days:>5} {wall:>8.1f} {cpu:>8.1f} {peak:>6.0f} {a_day:>8.3f} "
                f"{a_day * TEN_YEARS / 60:>15.1f} {told['actions']:>8,}"
            )
            print(f"{'':>9} {stages(said)}")


if __name__ == "__main__":
    main()
