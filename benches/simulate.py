"""Measures `regua simulate`: seconds for so many days of so many invoices.

    python3 benches/simulate.py --binary target/release/regua 2000x30 20000x30 100000x10
    python3 benches/simulate.py --binary target/release/regua --ten-years 100000x10     (asks for pyarrow)

For each pair (invoices x days) the demo's inputs are generated once, then the last days up to its as-of date are simulated; the ledger
of the demo goes back two years, so that every day reads nearly all of it. Wall and processor seconds and the peak memory are those of
`wait4`; a line says what ten years of such days would take.

With --ten-years the ledger is five demos one after the other, each of a fifth of the invoices and with customers of its own, and the
days are so many at the end of each of them. Their sum is multiplied to 3,652 days: a day reads what is known by then, so the
first fifth of it is fast and the last one slow.
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
ERAS = 5
# Ids that mean the same in every era.
SHARED_IDS = {"company_id", "collector_id", "agency_id", "agent_id", "step_id"}
SHARED_TABLES = {"fx_rates", "index_rates", "holidays"}


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


def generate(binary, folder, invoices, as_of, seed=42):
    """The inputs of a demo, in `folder`/input."""
    wanted = ["--invoices", str(invoices), "--as-of", str(as_of), "--seed", str(seed)]
    run([binary, "demo", "--generate-only", "--dir", "."] + wanted, folder)


def simulated(binary, folder, last, days):
    """Simulates so many days up to the last one and prints its line; wall and processor seconds of a day."""
    first = last - datetime.timedelta(days=days - 1)
    command = [binary, "simulate", "pipelines/daily.toml", "--from", str(first), "--to", str(last), "--output", "json"]
    wall, cpu, peak, (told, said) = run(command, folder)
    told = json.loads(told.strip().splitlines()[-1])["policies"][0]
    a_day = wall / days
    print(
        f"{str(last):>10} {days:>5} {wall:>8.1f} {cpu:>8.1f} {peak:>6.0f} {a_day:>8.3f} "
        f"{a_day * TEN_YEARS / 60:>15.1f} {told['actions']:>8,}   {stages(said)}"
    )
    return a_day, cpu / days


def ledger_of_ten_years(binary, pipelines, folder, invoices):
    """Five demos, one after the other, as one set of inputs; the last day of each."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    ends = [AS_OF.replace(year=AS_OF.year - 2 * back) for back in reversed(range(ERAS))]
    tables = {}
    for era, end in enumerate(ends):
        with tempfile.TemporaryDirectory() as name:
            generate(binary, pathlib.Path(name), invoices // ERAS, end, seed=42 + era)
            for path in sorted(pathlib.Path(name, "input").glob("*.parquet")):
                table = pq.read_table(path)
                for at, column in enumerate(table.column_names):
                    if (column.endswith("_id") and column not in SHARED_IDS) or column == "reverses":
                        own = pc.binary_join_element_wise(f"{era}-", table[column].cast(pa.string()), "")
                        table = table.set_column(at, column, own)
                tables.setdefault(path.name, []).append(table)
    (folder / "input").mkdir()
    for name, eras in tables.items():
        table = pa.concat_tables(eras)
        if name.removesuffix(".parquet") in SHARED_TABLES:
            # The eras have days in common.
            rows = {tuple(v for k, v in row.items() if k not in ("rate", "name")): row for row in table.to_pylist()}
            table = pa.Table.from_pylist(list(rows.values()), schema=eras[0].schema)
        pq.write_table(table, folder / "input" / name)
    return ends


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", metavar="INVOICESxDAYS")
    parser.add_argument("--binary", default="target/release/regua")
    parser.add_argument("--pipelines", default=str(pathlib.Path(__file__).resolve().parent.parent / "pipelines"))
    parser.add_argument("--ten-years", action="store_true", help="a ledger of ten years instead of two")
    arguments = parser.parse_args()
    binary = str(pathlib.Path(arguments.binary).resolve())
    for pair in arguments.pairs:
        invoices, days = (int(number) for number in pair.split("x"))
        print(f"{invoices:,} invoices")
        print(f"{'up to':>10} {'days':>5} {'wall s':>8} {'cpu s':>8} {'MB':>6} {'s a day':>8} {'ten years, min':>15} {'actions':>8}")
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            subprocess.run(["cp", "-r", arguments.pipelines, "pipelines"], cwd=folder, check=True)
            if arguments.ten_years:
                ends = ledger_of_ten_years(binary, arguments.pipelines, folder, invoices)
                each = [simulated(binary, folder, end, days) for end in ends]
                wall, cpu = (sum(of) / ERAS * TEN_YEARS / 60 for of in zip(*each))
                print(f"ten years: {wall:.0f} min, {cpu:.0f} min of processor time; a start is in it every {days} days")
            else:
                generate(binary, folder, invoices, AS_OF)
                simulated(binary, folder, AS_OF, days)


if __name__ == "__main__":
    main()
