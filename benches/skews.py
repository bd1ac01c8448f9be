#!/usr/bin/env python3
"""Measures skewed portfolios: one debtor, one group or one invoice with very many rows, at 1,000, 10,000 and 100,000.

    cargo build --release && benches/skews.py [ROWS ...] [--only NAME]

Needs pyarrow (the environment of tests/run has it), uses the binary that cargo built (CARGO_TARGET_DIR is honoured) and
a temporary folder. Seconds are those of the processor, user and system together: other work on the machine moves them
less than the clock. The last column is what a size took over what the size before took, times the growth of the rows,
once an empty run is taken off: 1.0 is linear.
"""

import argparse
import datetime
import decimal
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
REGUA = TARGET / "release" / "regua"
AS_OF = datetime.date(2026, 6, 30)
AMOUNT = decimal.Decimal("100.00")
TEXT, DATE, MONEY, INT = pa.string(), pa.date32(), pa.decimal128(18, 2), pa.int64()
SCHEMAS = {
    "invoices": {"invoice_id": TEXT, "installment_no": INT, "debtor_id": TEXT, "issue_date": DATE, "due_date": DATE, "amount": MONEY},
    "payments": {"payment_id": TEXT, "debtor_id": TEXT, "invoice_id": TEXT, "installment_no": INT, "paid_on": DATE, "amount": MONEY, "reverses": TEXT},
    "debtors": {"debtor_id": TEXT, "legal_name": TEXT, "group_id": TEXT},
    "contact_points": {"debtor_id": TEXT, "channel": TEXT, "address": TEXT},
    "promises": {"promise_id": TEXT, "debtor_id": TEXT, "invoice_id": TEXT, "promised_on": DATE, "pay_by": DATE},
    "placements": {"placement_id": TEXT, "debtor_id": TEXT, "invoice_id": TEXT, "agency_id": TEXT, "placed_on": DATE},
    "listings": {"listing_id": TEXT, "debtor_id": TEXT, "invoice_id": TEXT, "kind": TEXT, "bureau": TEXT, "included_on": DATE},
    "disputes": {"dispute_id": TEXT, "debtor_id": TEXT, "invoice_id": TEXT, "opened_on": DATE, "kind": TEXT},
    "agreements": {"agreement_id": TEXT, "debtor_id": TEXT, "installment_no": INT, "due_date": DATE, "amount": MONEY},
    "agreement_items": {"agreement_id": TEXT, "invoice_id": TEXT},
}  # fmt: skip


def day(before):
    return AS_OF - datetime.timedelta(days=before)


def invoice(number, debtor="D", late=20):
    return (f"I{number}", 1, debtor, day(late + 40), day(late + number % 7), AMOUNT)


def of_one(rows, **tables):
    """One debtor with so many late invoices, and what else is said of each."""
    return {"invoices": [invoice(n) for n in range(rows)], "debtors": [("D", "Acme", None)]} | tables


def items(rows):
    return of_one(rows)


def late_payments(rows):
    return of_one(rows, payments=[(f"P{n}", "D", f"I{n}", None, day(3), AMOUNT, None) for n in range(0, rows, 2)])


def group(rows):
    debtors = [(f"D{n}", "Acme", "G") for n in range(rows)]
    return {"invoices": [invoice(n, f"D{n}") for n in range(rows)], "debtors": debtors}


def promises(rows):
    return of_one(rows, promises=[(f"V{n}", "D", f"I{n}", day(10), day(5)) for n in range(rows)])


def promises_of_all(rows):
    return of_one(10, promises=[(f"V{n}", "D", None, day(10 + n % 300), day(5 + n % 300)) for n in range(rows)])


def placements(rows):
    return of_one(rows, placements=[(f"A{n}", "D", f"I{n}", "agency", day(5)) for n in range(rows)])


def placements_of_all(rows):
    return of_one(10, placements=[(f"A{n}", "D", None, "agency", day(5 + n % 300)) for n in range(rows)])


def listings(rows):
    return of_one(rows, listings=[(f"L{n}", "D", f"I{n}", "negativacao", "serasa", day(5)) for n in range(rows)])


def disputes(rows):
    return of_one(rows, disputes=[(f"C{n}", "D", f"I{n}", day(5), "dispute") for n in range(rows)])


def agreement(rows):
    instalments = [("A", "D", n + 1, AS_OF + datetime.timedelta(days=n % 300), AMOUNT) for n in range(rows)]
    return of_one(rows, agreements=instalments, agreement_items=[("A", f"I{n}") for n in range(rows)])


def instalments(rows):
    invoices = [("I", n + 1, "D", day(400), day(n % 300), AMOUNT) for n in range(rows)]
    payments = [(f"P{n}", "D", "I", n + 1, day(n % 50), AMOUNT, None) for n in range(0, rows, 2)]
    return {"invoices": invoices, "debtors": [("D", "Acme", None)], "payments": payments}


def reversals(rows):
    paid = [(f"P{n}", "D", f"I{n}", None, day(10), AMOUNT, None) for n in range(rows)]
    return of_one(rows, payments=paid + [(f"R{n}", "D", None, None, day(9), AMOUNT, f"P{n}") for n in range(rows)])


def treasury(rows):
    """Everybody's payments stand under one debtor who owes nothing."""
    debtors = [(f"D{n}", "Acme", None) for n in range(rows)] + [("T", "Treasury", None)]
    paid = [(f"P{n}", "T", f"I{n}", None, day(10), AMOUNT, None) for n in range(rows)]
    return {"invoices": [invoice(n, f"D{n}") for n in range(rows)], "debtors": debtors, "payments": paid}


def one_number(rows):
    """Every debtor's first invoice is number 1, of a company of its own."""
    return group(rows) | {"invoices": [("1", 1, f"D{n}", day(60), day(20), AMOUNT) for n in range(rows)]}


SKEWS = [
    items, late_payments, group, promises, promises_of_all, placements, placements_of_all, listings, disputes, agreement,
    instalments, reversals, treasury, one_number,
]  # fmt: skip


def write(folder, tables):
    (folder / "input").mkdir()
    points = [(row[0], "email", f"{row[0].lower()}@acme.example") for row in tables.get("debtors", [])]
    for table, schema in SCHEMAS.items():
        rows = points if table == "contact_points" else tables.get(table, [])
        columns = {name: pa.array([row[at] for row in rows], kind) for at, (name, kind) in enumerate(schema.items())}
        pq.write_table(pa.table(columns), folder / "input" / f"{table}.parquet")


def spent():
    """Processor seconds of the runs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(tables):
    with tempfile.TemporaryDirectory(prefix="regua-skews-") as folder:
        folder = pathlib.Path(folder)
        shutil.copytree(ROOT / "pipelines", folder / "pipelines")
        pipeline = folder / "pipelines/daily.toml"
        # A skew may be what a gate is there for: one group for all, a number that all share, nothing but placements.
        limits = "quarantine_share_max = 1.0\ngroup_debtors_percent_max = 100\nunmatched_percent_max = 100\n"
        pipeline.write_text(pipeline.read_text().replace("quarantine_share_max = 0.01", limits))
        write(folder, tables)
        before = spent()
        run = [REGUA, "run", pipeline, "--as-of", str(AS_OF), "--output", "json"]
        ended = subprocess.run(run, cwd=folder, capture_output=True, text=True)
        took = spent() - before
        if ended.returncode != 0:
            print(ended.stderr[-500:], file=sys.stderr)
            return None
        return took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="*", type=int)
    parser.add_argument("--only")
    arguments = parser.parse_args()
    sizes = arguments.rows or [1_000, 10_000, 100_000]
    nothing = min(filter(None, (seconds({}) for _ in range(3))), default=0.0)
    print(f"{'an empty run':<20} {nothing:8.2f} s")
    for skew in [s for s in SKEWS if arguments.only in (None, s.__name__)]:
        before = None
        for rows in sizes:
            took = seconds(skew(rows))
            if took is None:
                print(f"{skew.__name__:<20} {rows:>8,} failed", flush=True)
                break
            own = max(took - nothing, 0.01)
            ratio = "" if before is None else f"{own / before[1] / (rows / before[0]):6.2f} x linear"
            print(f"{skew.__name__:<20} {rows:>8,} {took:8.2f} s {ratio}", flush=True)
            before = (rows, own)


if __name__ == "__main__":
    if not REGUA.exists():
        sys.exit(f"{REGUA} is not there: run `cargo build --release` first")
    main()
