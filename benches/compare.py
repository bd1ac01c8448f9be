#!/usr/bin/env python3
"""Measures a whole `regua run` beside DuckDB running the models of commit 7815591 over the same Parquet files.

    cargo build --release && ~/.cache/regua/venv/bin/python benches/compare.py [INVOICES ...] [--rounds N]

Needs duckdb (the environment of tests/run has it) and the history of git. Uses the binary of --binary, else of REGUA,
else the one that cargo built (CARGO_TARGET_DIR is honoured), and a temporary folder.

Régua does all that it does: contract checks, spreading, SQL, decisions, messages, audits, publication. DuckDB does
less: with two threads it runs `sql/10_staging`, `sql/20_intermediate` and `sql/30_candidates` as they were in that
commit into temporary tables, and writes nothing. The commit is frozen so that the yardstick stays the same, whatever
becomes of the models. What the spreading adds to the inputs, as far as those models read it (the group of a debtor and
the local day of a contact), DuckDB makes inside its timed process: it is work that Régua does too. Not made: shards,
control totals, and the search for bad rows, double keys and contested invoices, of which the demo has none. Due dates
are the contractual ones, as in those models; since then Régua moves them to business days, which changes no balance. Of
a first run there is no history, so its tables are empty.

Each side is a process of its own, so DuckDB's includes starting Python and importing duckdb, which the line "nothing"
shows alone. The sides alternate, and so does who begins; what is printed is the median of each column. Both must find
the same number of open items and the same open amount in each currency, to the cent, or this stops.
"""

import argparse
import calendar
import datetime
import graphlib
import importlib.util
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib

# Nothing large is imported here: Linux counts the memory of the process that starts another into the peak of the other.

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
REGUA = pathlib.Path(os.environ.get("REGUA", TARGET / "release" / "regua"))
AS_OF = datetime.date(2026, 6, 30)
EPOCH = datetime.date(1970, 1, 1)
COMMIT = "7815591"
LAYERS = ["sql/10_staging", "sql/20_intermediate", "sql/30_candidates"]
THREADS = 2
COLUMNS = ["wall s", "user s", "system s", "peak MB"]

# DataFusion's SQL as DuckDB's, in this order.
PORT = [
    # DuckDB's semi and anti joins have no side.
    (r"\bleft (semi|anti) join\b", r"\1 join"),
    # DuckDB casts no number to a date: a day is added to the first of all days.
    (r"\bcast\((cast\([\w.]+ as int\) \+ @\w+) as date\)", r"(date '1970-01-01' + cast(\1 as integer))"),
    # Nor a date to a number: it is the days since then. Every cast to int in these models is one of a date.
    (r"\bcast\(([\w.]+) as int\)", r"(\1 - date '1970-01-01')"),
    # As aggregates, which is all that they are in these models, DuckDB has them under shorter names.
    (r"\b(first|last)_value\(", r"\1("),
]

# What spreading adds to the inputs. A CNPJ has 14 characters, its root the first 8; the demo's are all well formed.
DEBTORS = """
    select *, cast(hash(group_text) >> 1 as bigint) as group_key
    from (
        select
            *,
            case
                when group_id is not null then 'group:' || group_id
                when length(regexp_replace(tax_id, '[^0-9A-Za-z]', '', 'g')) = 14
                    then 'cnpj:' || left(regexp_replace(tax_id, '[^0-9A-Za-z]', '', 'g'), 8)
                else 'debtor:' || debtor_id
            end as group_text
        from {file}
    )
"""
OF_DEBTORS = """
    select
        rows.*{more},
        coalesce(groups.group_key, cast(hash('debtor:' || rows.debtor_id) >> 1 as bigint)) as group_key
    from {file} as rows
    left join (select debtor_id, group_key from raw_debtors) as groups on rows.debtor_id = groups.debtor_id
"""
LOCAL_DAY = ", cast(timezone('{time_zone}', rows.occurred_at) as date) as occurred_on"
GROUPED = ["invoices", "contact_points", "contact_log"]
PLAIN = ["payments", "agreements", "agreement_items", "promises", "disputes", "listings", "placements"]

# What earlier runs, and bad rows, would have left.
EMPTY = {
    "raw_actions": "action_id varchar, payload_sha256 varchar, company_id varchar, debtor_id varchar, currency varchar,"
    " regua varchar, step_id varchar, occurrence bigint, cycle_id varchar, channel varchar, published_on date,"
    " group_key bigint",
    "raw_action_items": "action_id varchar, debtor_id varchar, invoice_id varchar, installment_no bigint,"
    " step_id varchar, group_key bigint",
    "raw_positions": "company_id varchar, debtor_id varchar, currency varchar, segment varchar, group_key bigint",
    "raw_held_debtors": "debtor_id varchar",
}

# What both must agree on.
OPEN_ITEMS = """
    select currency, count(*), cast(sum(open_amount) as varchar)
    from int_items where open_amount > 0 group by currency order by currency
"""
PUBLISHED = """
    select currency, cast(sum(items) as bigint), cast(sum(open_amount) as varchar)
    from read_parquet('{folder}/output/kpi/kpi_portfolio/*/*.parquet')
    group by currency having sum(items) > 0 order by currency
"""


def git(*arguments):
    done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"git {' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout


def models():
    """The frozen models: (name, is it a table, SQL), each after those that it reads."""
    found = {}
    for path in git("ls-tree", "-r", "--name-only", COMMIT, *[f"{layer}/" for layer in LAYERS]).split():
        sql = git("show", f"{COMMIT}:{path}")
        header = dict(re.findall(r"^-- (\w+): (.*)$", sql, re.MULTILINE))
        found[pathlib.Path(path).stem] = (header["Reads"].split(", "), header["Kind"] == "table", sql)
    reads = {name: [read for read in found[name][0] if read in found] for name in sorted(found)}
    return [(name, *found[name][1:]) for name in graphlib.TopologicalSorter(reads).static_order()]


def before(days):
    return AS_OF - datetime.timedelta(days=days)


def variables(pipeline, reguas):
    """The values that models name as @name, as src/stage/transform.rs of that commit makes them."""
    dunning = pipeline["dunning"]
    years, month = divmod(AS_OF.year * 12 + AS_OF.month - 1 - pipeline["profile"]["window_months"], 12)
    window = datetime.date(years, month + 1, min(AS_OF.day, calendar.monthrange(years, month + 1)[1]))
    windows = [cap["days"] for cap in dunning["caps"]] + [regua["min_gap_days"] for regua in reguas]
    windows += [*dunning["response_windows"].values(), dunning["unreported_days"], dunning["response_window_days"]]
    receipts = [step["catch_up_days"] for regua in reguas for step in regua["steps"] if step["kind"] == "receipt"]
    day = (AS_OF - EPOCH).days
    return {
        "as_of": f"date '{AS_OF}'",
        "as_of_day": f"{day}",
        "window_from": f"date '{window}'",
        "history_from_day": f"{day - pipeline['limits']['history_days']}",
        "promise_grace_days": f"{dunning['promise_grace_days']}",
        "contacts_from": f"date '{before(max(windows))}'",
        "receipts_from": f"date '{before(max(receipts, default=-1))}'",
        "default_company": f"'{pipeline['defaults']['company']}'",
        "default_currency": f"'{pipeline['defaults']['currency']}'",
    }


def ported(sql, values):
    for pattern, replacement in PORT:
        sql = re.sub(pattern, replacement, sql)
    # Variables become literals: DuckDB has none that read as a constant.
    return re.sub(r"@(\w+)", lambda match: values[match[1]], sql)


def buckets(edges):
    """[0, 30] is not_due, 1-30 and over_30; a missing end is further away than any day can be."""
    names = ["not_due", *[f"{low + 1}-{high}" for low, high in zip(edges, edges[1:])], f"over_{edges[-1]}"]
    froms = [-(2**62), *[edge + 1 for edge in edges]]
    return list(zip(range(len(names)), names, froms, [*edges, 2**62]))


def statements(folder):
    """All that DuckDB runs for the demo in this folder, made before the clock starts."""
    pipeline = tomllib.loads((folder / "pipelines/daily.toml").read_text())
    reguas = [tomllib.loads((folder / "pipelines" / path).read_text()) for path in pipeline["pipeline"]["reguas"]]
    # Rows keep no order but the one that a model asks for: DuckDB need not remember theirs.
    yield f"set threads = {THREADS}"
    yield "set preserve_insertion_order = false"
    # What does not fit the memory goes where the inputs are, not where this was called.
    yield f"set temp_directory = '{folder}/spilled'"
    # DataFusion's order of nulls: they are the largest.
    yield "set default_null_order = 'nulls_last_on_asc_first_on_desc'"
    for name, columns in EMPTY.items():
        yield f"create temp table {name} ({columns})"
    rows = ", ".join(map(str, buckets(pipeline["aging"]["buckets"])))
    yield f"create temp table run_buckets as from (values {rows}) as rows(bucket_no, bucket, from_days, to_days)"

    def file(table):
        return f"read_parquet('{folder}/input/{table}.parquet')"

    yield f"create temp table raw_debtors as {DEBTORS.format(file=file('debtors'))}"
    for table in GROUPED:
        more = LOCAL_DAY.format(time_zone=pipeline["pipeline"]["time_zone"]) if table == "contact_log" else ""
        yield f"create temp view raw_{table} as {OF_DEBTORS.format(file=file(table), more=more)}"
    for table in PLAIN:
        yield f"create temp view raw_{table} as from {file(table)}"
    values = variables(pipeline, reguas)
    for name, is_table, sql in models():
        yield f"create temp {'table' if is_table else 'view'} {name} as\n{ported(sql, values)}"


def child(path):
    """Runs the statements of a file, and prints the rows of the last one; nothing but this is measured."""
    import duckdb

    connection = duckdb.connect()
    rows = []
    for statement in json.loads(pathlib.Path(path).read_text()):
        try:
            rows = connection.execute(statement).fetchall()
        except duckdb.Error as error:
            sys.exit(f"{statement}\n{error}")
    print(json.dumps(rows))


def measured(arguments, folder):
    """Runs a command; returns wall, user and system seconds and peak megabytes of that process alone."""
    with open(folder / "stdout", "w") as output:
        start = time.monotonic()
        process = subprocess.Popen(arguments, stdout=output, stderr=subprocess.PIPE, text=True)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"{' '.join(map(str, arguments))} failed:\n{errors}")
    return wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss / 1024


def duckdb_runs(folder, run):
    """Has DuckDB run statements in a process of its own; returns what it took, and the rows of the last one."""
    (folder / "statements.json").write_text(json.dumps(run))
    took = measured([sys.executable, __file__, "--child", folder / "statements.json"], folder)
    return took, json.loads((folder / "stdout").read_text())


def line(name, numbers):
    wall, user, system, peak = numbers
    print(f"{name:<22} {wall:10.2f} {user:10.2f} {system:10.2f} {peak:10.0f}", flush=True)


def compare(regua, invoices, rounds):
    with tempfile.TemporaryDirectory(prefix="regua-compare-") as folder:
        folder = pathlib.Path(folder)
        print(f"\n{invoices:,} invoices, medians of {rounds} rounds")
        print(f"{'':<22} " + " ".join(f"{name:>10}" for name in COLUMNS))
        demo = [regua, "demo", "--generate-only", "--invoices", str(invoices), "--dir", folder, "--as-of", str(AS_OF)]
        measured(demo, folder)
        run = [regua, "run", folder / "pipelines/daily.toml", "--as-of", str(AS_OF), "--output", "json"]
        frozen = [*statements(folder), OPEN_ITEMS]

        def by_regua():
            # The same run again would publish nothing.
            shutil.rmtree(folder / "output", ignore_errors=True)
            took = measured(run, folder)
            return took, duckdb_runs(folder, [PUBLISHED.format(folder=folder)])[1]

        sides = {
            "duckdb, nothing": lambda: duckdb_runs(folder, [f"set threads = {THREADS}"]),
            "regua run": by_regua,
            f"duckdb, {COMMIT}": lambda: duckdb_runs(folder, frozen),
        }
        _, ours, theirs = sides
        took = {name: [] for name in sides}
        for number in range(rounds):
            found = {}
            for name in list(sides)[:: 1 if number % 2 == 0 else -1]:
                used, found[name] = sides[name]()
                took[name].append(used)
            if found[ours] != found[theirs]:
                sys.exit(f"they see different open items: {ours} {found[ours]}, {theirs} {found[theirs]}")
        medians = {name: [statistics.median(column) for column in zip(*took[name])] for name in sides}
        for name in sides:
            line(name, medians[name])
        ratios = [a / b if b else float("nan") for a, b in zip(medians[ours], medians[theirs])]
        print(f"{'regua / duckdb':<22} " + " ".join(f"{ratio:10.2f}" for ratio in ratios))
        items = sum(count for _, count, _ in found[theirs])
        amounts = ", ".join(f"{currency} {amount}" for currency, _, amount in found[theirs])
        print(f"both see {items:,} open items: {amounts}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("invoices", nargs="*", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--binary", type=pathlib.Path, default=REGUA)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        return child(arguments.child)
    if not arguments.binary.exists():
        sys.exit(f"{arguments.binary} is not there: run `cargo build --release` first, or name another with --binary")
    if importlib.util.find_spec("duckdb") is None:
        sys.exit("duckdb is not there: run this with the Python of tests/run, ~/.cache/regua/venv/bin/python")
    # Régua takes as many threads as it has cores: both get two, and pass this on to what they start.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    for invoices in arguments.invoices or [1_000_000]:
        compare(arguments.binary.resolve(), invoices, arguments.rounds)


if __name__ == "__main__":
    main()
