#!/usr/bin/env python3
"""Measures what the age of an output costs: the same steady portfolio, day after day for two years.

    cargo build --release && benches/age.py [DAYS] [DEBTORS]

Needs pyarrow (the environment of tests/run has it), uses the binary that cargo built (CARGO_TARGET_DIR is honoured) and
a temporary folder. Every debtor gets an invoice every thirty days and pays it 25 days late; what is paid leaves the
export after a month. The gateway tells of two actions of three, and its log goes back thirty days.
"""

import datetime
import decimal
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
REGUA = TARGET / "release" / "regua"
FIRST = datetime.date(2026, 1, 5)
EVERY, PAID_LATE, EXPORTED, LOGGED = 30, 25, 30, 30
AMOUNT = decimal.Decimal("100.00")


def write(folder, table, rows, **types):
    columns = {name: pa.array([row[at] for row in rows], kind) for at, (name, kind) in enumerate(types.items())}
    pq.write_table(pa.table(columns), folder / "input" / f"{table}.parquet")


def dated(folder, date):
    """Exports are as old as the day that is simulated: a run refuses those that are too old for its date."""
    at = datetime.datetime.combine(date, datetime.time(3)).timestamp()
    for path in (folder / "input").iterdir():
        os.utime(path, (at, at))


def export(folder, today, debtors):
    """What is open today, and what was paid in the last month."""
    invoices, payments = [], []
    for debtor in range(debtors):
        phase = debtor % EVERY
        for number in range(-3, (today + 10) // EVERY + 1):
            due = number * EVERY + phase
            paid = due + PAID_LATE
            if due > today + 10 or paid + EXPORTED < today:
                continue
            day = FIRST + datetime.timedelta(days=due)
            invoices.append((f"I{debtor}-{number}", f"D{debtor}", day - datetime.timedelta(days=15), day, AMOUNT))
            if paid <= today:
                on = FIRST + datetime.timedelta(days=paid)
                payments.append((f"P{debtor}-{number}", f"D{debtor}", f"I{debtor}-{number}", on, AMOUNT))
    text, date, money = pa.string(), pa.date32(), pa.decimal128(18, 2)
    write(folder, "invoices", invoices, invoice_id=text, debtor_id=text, issue_date=date, due_date=date, amount=money)
    write(folder, "payments", payments, payment_id=text, debtor_id=text, invoice_id=text, paid_on=date, amount=money)
    return len(invoices)


def report(folder, sent):
    stamp = pa.timestamp("us", "UTC")
    rows = [
        (f"E{row['action_id']}", row["action_id"], row["debtor_id"], row["channel"], row["at"], "delivered", row["regua"], row["step_id"])
        for row in sent
    ]
    names = ("event_id", "action_id", "debtor_id", "channel", "occurred_at", "status", "regua", "step_id")
    write(folder, "contact_log", rows, **{name: stamp if name == "occurred_at" else pa.string() for name in names})


def run(folder, date):
    start = time.monotonic()
    command = [REGUA, "run", "pipelines/daily.toml", "--as-of", str(date), "--output", "json", "--accept-volume", "bench"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, errors = process.communicate()
    wall = time.monotonic() - start
    if process.returncode != 0:
        sys.exit(f"{date}: exit {process.returncode}\n{errors[-2000:]}")
    return wall, json.loads(out.splitlines()[-1])


def newest(folder, date, table):
    (found,) = folder.glob(f"output/runs/{date}/*/{table}/part-00000.parquet")
    return found


def simulate(days, debtors):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="regua-age-"))
    try:
        shutil.copytree(ROOT / "pipelines", folder / "pipelines")
        (folder / "input").mkdir()
        text = pa.string()
        ids = [f"D{n}" for n in range(debtors)]
        write(folder, "debtors", [(d, "Acme", "SP") for d in ids], debtor_id=text, legal_name=text, state=text)
        write(folder, "contact_points", [(d, "email", f"{d}@acme.example") for d in ids], debtor_id=text, channel=text, address=text)
        sent, published = [], 0
        print(f"{'day':>5} {'wall s':>8} {'peak MB':>8} {'invoices':>9} {'actions':>8} {'all so far':>11} {'carried':>8} {'MB':>6}")
        for today in range(days):
            date = FIRST + datetime.timedelta(days=today)
            invoices = export(folder, today, debtors)
            report(folder, [row for row in sent if row["day"] >= today - LOGGED])
            dated(folder, date)
            wall, _ = run(folder, date)
            columns = ["action_id", "debtor_id", "channel", "regua", "step_id"]
            actions = pq.read_table(newest(folder, date, "actions"), columns=columns).to_pylist()
            published += len(actions)
            at = datetime.datetime.combine(date, datetime.time(15), datetime.timezone.utc)
            sent += [row | {"day": today, "at": at} for at_row, row in enumerate(actions) if at_row % 3]
            sent = [row for row in sent if row["day"] >= today - LOGGED]
            if today in (9, 59, 119, 239, 364, 546, 729) or today == days - 1:
                state = newest(folder, date, "contact_state")
                (results,) = folder.glob(f"output/runs/{date}/*/run_results.json")
                peak = max(json.loads(results.read_text())["peak_megabytes"].values())
                carried = pq.read_metadata(state).num_rows
                size = state.stat().st_size / 1e6
                print(f"{today + 1:>5} {wall:8.2f} {peak:8.0f} {invoices:>9,} {len(actions):>8,} {published:>11,} {carried:>8,} {size:6.2f}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    if not REGUA.exists():
        sys.exit(f"{REGUA} is not there: run `cargo build --release` first")
    numbers = [int(a) for a in sys.argv[1:]]
    simulate(*(numbers + [730, 2_000][len(numbers):]))
