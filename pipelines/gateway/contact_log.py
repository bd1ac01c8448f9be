"""The way back: every event of the ledger as one Parquet snapshot, which the next run reads as `contact_log`.

The snapshot is whole, sorted and replaced in one step, so a run sees yesterday's or today's and never half of one.
"""

import os
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ledger import Ledger
from outbox import Damaged

STATUSES = (
    "queued", "sent", "delivered", "read", "replied", "answered", "wrong_party", "no_answer", "bounced", "failed",
    "complained", "opted_out", "disputed", "promised", "ignored",
)  # fmt: skip
INBOUND = {"replied", "complained", "opted_out", "disputed", "promised"}
# Every column of the contract, also those that nothing fills here, so that this file is like any other beside it.
SCHEMA = pa.schema(
    [
        ("event_id", pa.string()),
        ("action_id", pa.string()),
        ("debtor_id", pa.string()),
        ("company_id", pa.string()),
        ("invoice_id", pa.string()),
        ("channel", pa.string()),
        ("direction", pa.string()),
        ("occurred_at", pa.timestamp("us", tz="UTC")),
        ("status", pa.string()),
        ("regua", pa.string()),
        ("step_id", pa.string()),
        ("cost", pa.decimal128(18, 2)),
        ("cost_currency", pa.string()),
        ("agency_id", pa.string()),
        ("agent_id", pa.string()),
        ("address", pa.string()),
    ]
)


WRITTEN_BY = {b"written_by": b"regua gateway"}


def check(path: Path) -> None:
    """Refuses to replace what another wrote: the contact history, with its opt-outs, would be lost."""
    if not path.parent.is_dir():
        raise Damaged(f"nothing was sent: the folder of {path} is not there, so nobody could be told of it; create it")
    if path.exists() and (pq.read_schema(path).metadata or {}).get(b"written_by") != WRITTEN_BY[b"written_by"]:
        raise Damaged(
            f"{path} was not written by this gateway and would be lost: name a file of its own, such as"
            f" {path.with_name('contact_log_gateway.parquet')}, and let the pipeline read contact_log*.parquet"
        )


def write(ledger: Ledger, path: Path) -> int:
    """Writes the snapshot and gives its number of events; one process at a time, so that none writes an older one."""
    with ledger.transaction():
        rows = [_row(dict(event)) for event in ledger.events()]
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA.with_metadata(WRITTEN_BY)), beside)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    return len(rows)


def _row(event: dict) -> dict:
    """An event as the contract names it; what it has more is not written."""
    direction = "inbound" if event["status"] in INBOUND else "outbound"
    occurred_at = datetime.fromisoformat(event["occurred_at"])
    cost = event["cost"] and Decimal(event["cost"])
    return event | {"direction": direction, "occurred_at": occurred_at, "cost": cost}
