"""What this gateway has done: one row per action_id in SQLite, written before anything is sent.

    claimed ──► sent         the provider took it
       │   └──► failed       the provider refused it (or, without a claim, it expired, and is told as `ignored`)
       └──────► unknown      no answer, or the process died: it may have been sent
                   └──► claimed    again, only where the provider recognises the key of the first attempt

The primary key is what makes a second send impossible: of two processes that claim the same action one gets the row.
Every change is one transaction that is on the disk before the next step (write-ahead log, synchronous = FULL).
Nothing personal is kept: no address, no name, no text.
"""

import fcntl
import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, StrEnum
from pathlib import Path

from outbox import Action, Damaged, Record, Void

VERSION = 1
BUSY_SECONDS = 60
SCHEMA = """
create table records (seq integer primary key, sha256 text not null) strict;
create table done (seq integer not null, channel text not null, primary key (seq, channel)) strict;
create table actions (
    action_id text primary key,
    payload_sha256 text not null,
    seq integer not null,
    channel text not null,
    state text not null check (state in ('claimed', 'sent', 'failed', 'unknown', 'voided')),
    note text,
    attempts integer not null,
    claimed_at text not null,
    settled_at text,
    debtor_id text not null,
    invoice_id text,
    regua text not null,
    step_id text not null,
    agency_id text
) strict;
create table voids (
    action_id text primary key,
    revision integer not null,
    reason text not null,
    outcome text not null check (outcome in ('in_time', 'too_late')),
    seen_at text not null
) strict;
create table conflicts (
    action_id text not null,
    payload_sha256 text not null,
    seq integer not null,
    seen_at text not null,
    primary key (action_id, payload_sha256)
) strict;
create table events (
    event_id text primary key,
    action_id text not null references actions,
    status text not null,
    occurred_at text not null,
    cost text,
    cost_currency text
) strict;
"""


class State(StrEnum):
    """What became of an action."""

    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    VOIDED = "voided"


class Entry(Enum):
    """What the ledger says to a process that wants to enter an action."""

    NEW = "it is yours, and nobody else's"
    VOID = "a revision took it back"
    KNOWN = "it was entered before"
    CONFLICT = "it was entered before with another payload"


@dataclass(frozen=True)
class Cost:
    """Decimal text and ISO 4217."""

    amount: str
    currency: str


@dataclass(frozen=True)
class Standing:
    """An action as the ledger has it."""

    payload_sha256: str
    state: State
    is_void: bool


class Ledger:
    """The table of one gateway. `with` it: it is locked as long as it is open."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = path.with_name(path.name + ".lock").open("a")
        is_alone = self._lock_alone()
        self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        with self.transaction():
            self._create()
        self.recovered = self._recover() if is_alone else 0
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    @property
    def now(self) -> str:
        return self._clock().astimezone(UTC).isoformat()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        self._lock.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One writer at a time, all of it or nothing."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def _create(self) -> None:
        (version,) = self._db.execute("pragma user_version").fetchone()
        if version not in (0, VERSION):
            raise Damaged(f"the ledger has version {version}, and this consumer knows {VERSION}: update it")
        if version == 0:
            for statement in filter(str.strip, SCHEMA.split(";")):
                self._db.execute(statement)
            self._db.execute(f"pragma user_version = {VERSION}")

    def _lock_alone(self) -> bool:
        """Every consumer holds a shared lock while it lives; is this the only one?"""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self._lock, fcntl.LOCK_SH)
            return False
        return True

    def _recover(self) -> int:
        """Who is alone knows that every claim is of the dead, and that what they had claimed may have been sent."""
        with self.transaction():
            died = "the process died between claim and answer"
            found = self._db.execute("update actions set state = 'unknown', note = ? where state = 'claimed'", (died,))
        return found.rowcount

    def remember(self, records: Iterable[Record]) -> None:
        """Keeps the hash of every record; a log that says something else than before is not the same log."""
        stated = {record.seq: record.sha256 for record in records}
        with self.transaction():
            for seq, sha256 in self._db.execute("select seq, sha256 from records order by seq"):
                if stated.pop(seq, None) != sha256:
                    raise Damaged(f"record {seq} is not the one this gateway has worked on; is this its output folder?")
            self._db.executemany("insert into records values (?, ?)", stated.items())

    def is_done(self, seq: int, channel: str) -> bool:
        return self._one("select 1 from done where seq = ? and channel = ?", seq, channel) is not None

    def close_batch(self, seq: int, channel: str) -> None:
        """Nothing is left to do for this channel of this record."""
        with self.transaction():
            self._db.execute("insert or ignore into done values (?, ?)", (seq, channel))

    def standing(self, action_id: str) -> Standing | None:
        row = self._one(
            "select payload_sha256, state, exists (select 1 from voids where voids.action_id = actions.action_id)"
            " from actions where action_id = ?",
            action_id,
        )
        return row and Standing(row[0], State(row[1]), bool(row[2]))

    def is_void(self, action_id: str) -> bool:
        return self._one("select 1 from voids where action_id = ?", action_id) is not None

    def claim(self, action: Action, seq: int) -> Entry:
        """Takes an action for sending; only after `Entry.NEW` may it be sent."""
        return self._enter(action, seq, State.CLAIMED, None)

    def expire(self, action: Action, seq: int) -> Entry:
        """Enters an action that came too late to be sent, and reports that."""
        return self._enter(action, seq, State.FAILED, "expired")

    def _enter(self, action: Action, seq: int, state: State, note: str | None) -> Entry:
        with self.transaction():
            found = self._one("select payload_sha256 from actions where action_id = ?", action.action_id)
            if found is not None:
                return Entry.KNOWN if found[0] == action.payload_sha256 else Entry.CONFLICT
            is_void = self.is_void(action.action_id)
            if is_void:
                state, note = State.VOIDED, "void"
            self._insert(action, seq, state, note)
            if state is not State.CLAIMED:
                # Nobody was contacted, and nothing is wrong with the address: the next run may propose the step again.
                self._report(action.action_id, "ignored", self.now, None)
            return Entry.VOID if is_void else Entry.NEW

    def _insert(self, action: Action, seq: int, state: State, note: str | None) -> None:
        settled_at = None if state is State.CLAIMED else self.now
        row = (action.action_id, action.payload_sha256, seq, action.channel, state, note, 1, self.now, settled_at)
        row += (action.debtor_id, action.invoice_id, action.regua, action.step_id, action.agency_id)
        self._db.execute(f"insert into actions values ({', '.join('?' * len(row))})", row)

    def claim_again(self, action_id: str) -> bool:
        """Takes an action of unknown fate for another attempt under the same key."""
        with self.transaction():
            taken = self._db.execute(
                "update actions set state = 'claimed', attempts = attempts + 1, claimed_at = ?"
                " where action_id = ? and state = 'unknown'",
                (self.now, action_id),
            )
        return taken.rowcount == 1

    def settle(self, action_id: str, statuses: Iterable[str], cost: Cost | None) -> State:
        """Writes down what the provider answered, with the events that follow from it."""
        statuses = tuple(statuses)
        state = State.FAILED if "failed" in statuses else State.SENT
        with self.transaction():
            self._set(action_id, state, None)
            for status in statuses:
                self._report(action_id, status, self.now, cost if status == "sent" else None)
        return state

    def lose(self, action_id: str, note: str) -> None:
        """No answer came: nobody knows whether it was sent."""
        with self.transaction():
            self._set(action_id, State.UNKNOWN, note)

    def _set(self, action_id: str, state: State, note: str | None) -> None:
        self._db.execute(
            "update actions set state = ?, note = ?, settled_at = ? where action_id = ? and state = 'claimed'",
            (state, note, self.now, action_id),
        )

    def presume_sent(self, action_id: str) -> None:
        """Reports an action of unknown fate as sent, at the time of its claim: not to dun twice comes first."""
        with self.transaction():
            (claimed_at,) = self._one("select claimed_at from actions where action_id = ?", action_id)
            self._report(action_id, "sent", claimed_at, None)

    def note_conflict(self, action: Action, seq: int) -> bool:
        """Keeps the second payload of an id; `True` where it was not known."""
        row = (action.action_id, action.payload_sha256, seq, self.now)
        with self.transaction():
            noted = self._db.execute("insert or ignore into conflicts values (?, ?, ?, ?)", row)
        return noted.rowcount == 1

    def void(self, void: Void) -> bool:
        """Takes an action back; `False` where it was sent, or may have been, before."""
        with self.transaction():
            row = self._one("select state from actions where action_id = ?", void.action_id)
            is_late = row is not None and row[0] in (State.CLAIMED, State.SENT, State.UNKNOWN)
            outcome = "too_late" if is_late else "in_time"
            stated = (void.action_id, void.revision, void.reason, outcome, self.now)
            self._db.execute("insert or ignore into voids values (?, ?, ?, ?, ?)", stated)
        return not is_late

    def report(self, action_id: str, status: str) -> None:
        """An event that comes later: a webhook of the provider, or what an operator found out.

        It also settles an action of unknown fate: `failed` says that it never left.
        """
        with self.transaction():
            if self._one("select 1 from actions where action_id = ?", action_id) is None:
                raise KeyError(action_id)
            state = State.FAILED if status == "failed" else State.SENT
            self._db.execute(
                "update actions set state = ?, note = 'reported', settled_at = ?"
                " where action_id = ? and state = 'unknown'",
                (state, self.now, action_id),
            )
            self._report(action_id, status, self.now, None)

    def _report(self, action_id: str, status: str, occurred_at: str, cost: Cost | None) -> None:
        """One event per action and status, however often it is told: its id follows from the two."""
        event_id = hashlib.sha256(f"{action_id}:{status}".encode()).hexdigest()[:32]
        amount, currency = (cost.amount, cost.currency) if cost else (None, None)
        row = (event_id, action_id, status, occurred_at, amount, currency)
        self._db.execute("insert or ignore into events values (?, ?, ?, ?, ?, ?)", row)

    def events(self) -> list[sqlite3.Row]:
        """Every event so far with its action, in an order that never changes."""
        cursor = self._db.cursor()
        cursor.row_factory = sqlite3.Row
        return cursor.execute("select * from events join actions using (action_id) order by event_id").fetchall()

    def _one(self, query: str, *values: object) -> tuple | None:
        return self._db.execute(query, values).fetchone()
