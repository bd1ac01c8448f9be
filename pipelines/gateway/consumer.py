"""A reference gateway: follows the log of Régua, sends what is due, and writes back what became of it.

One call is one pass, and a scheduler calls it every few minutes:

    read the log ──► check every file ──► apply voids ──► claim, send, settle ──► write contact_log
                     of open batches      of revisions    one action at a time

README.md says what it guarantees and what to do after a crash.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from pathlib import Path

import contact_log
import outbox
from ledger import Entry, Ledger, State
from outbox import CHANNELS, VOIDS, Action, Clock, Damaged, Record
from provider import FakeProvider, Provider


class Exit(IntEnum):
    """Exit codes, as those of `regua`."""

    DONE = 0
    USAGE = 2
    DAMAGED = 3
    CONFLICT = 4
    EXPIRED = 5
    HALTED = 75
    ABSENT = 75


class Halted(Exception):
    """An operator has put a HALT there."""


class MovedOn(Exception):
    """A record was published during the pass, which may take back what is not sent yet."""


class Consumer:
    """One pass over what is published."""

    def __init__(
        self, output: Path, ledger: Ledger, provider: Provider, clock: Clock, channels: Sequence[str] = ()
    ) -> None:
        self.output = output
        self.ledger = ledger
        self.provider = provider
        self.clock = clock
        self.last_seq = 0
        self.channels = set(channels)
        self.counts: Counter[str] = Counter()
        self.expired_batches = 0

    @property
    def now(self) -> datetime:
        return self.clock()

    def run(self) -> Exit:
        """Goes over the log until it stands still."""
        while True:
            try:
                return self.go_over_log()
            except MovedOn:
                continue

    def go_over_log(self) -> Exit:
        """Nothing is sent before everything that is open was checked and every void is known."""
        self.counts.pop("waiting", None)
        records = outbox.read_log(self.output)
        self.last_seq = len(records)
        self.ledger.remember(records)
        open_batches = [(record, channel) for record in records for channel in self.open_channels(record)]
        for record, channel in open_batches:
            for part in parts_of(record, channel):
                outbox.check(self.output, part)
        for record, channel in open_batches:
            if channel == VOIDS:
                self.apply_voids(record)
        try:
            for record, channel in open_batches:
                if channel != VOIDS:
                    self.work(record, channel)
        except Halted:
            return Exit.HALTED
        if self.counts["conflict"]:
            return Exit.CONFLICT
        return Exit.EXPIRED if self.expired_batches else Exit.DONE

    def open_channels(self, record: Record) -> list[str]:
        """The channels of a record that this gateway serves and has not finished; voids concern them all."""
        served = [c for c in record.channels() if c == VOIDS or not self.channels or c in self.channels]
        return [c for c in served if not self.ledger.is_done(record.seq, c)]

    def apply_voids(self, record: Record) -> None:
        """What was sent before is not recalled: the void is noted as too late."""
        for part in parts_of(record, VOIDS):
            for void in outbox.voids(self.output, part):
                in_time = self.ledger.void(void)
                self.tell(void.action_id, VOIDS, "void" if in_time else "void_too_late")
        self.ledger.close_batch(record.seq, VOIDS)

    def work(self, record: Record, channel: str) -> None:
        """One channel of one record; it is closed once none of its actions can change any more.

        If everything that was not voided had expired, nobody was reached, and an operator must know: this program ran
        too late.
        """
        left_open, before = 0, self.counts.copy()
        for part in parts_of(record, channel):
            for action in outbox.actions(self.output, part):
                left_open += not self.handle(action, record.seq)
        outcomes = {status for status in (self.counts - before) if status != "waiting"}
        self.expired_batches += "expired" in outcomes and outcomes <= {"expired", "voided"} and not left_open
        if not left_open:
            self.ledger.close_batch(record.seq, channel)

    def handle(self, action: Action, seq: int) -> bool:
        """Does what is to be done about an action now; `True` once nothing is left to do about it."""
        known = self.ledger.standing(action.action_id)
        if known is None:
            return self.begin(action, seq)
        if known.payload_sha256 != action.payload_sha256:
            return self.refuse(action, seq)
        if known.state is State.UNKNOWN:
            return self.resolve(action, known.is_void)
        self.counts["known"] += 1
        return known.state is not State.CLAIMED

    def begin(self, action: Action, seq: int) -> bool:
        """An action that nobody has entered yet."""
        is_void = self.ledger.is_void(action.action_id)
        is_expired = self.now >= action.expires_at
        if self.now < action.not_before and not is_void:
            self.counts["waiting"] += 1
            return False
        if not is_void and not is_expired:
            self.look_again()
        entry = self.ledger.expire(action, seq) if is_expired else self.ledger.claim(action, seq)
        match entry:
            case Entry.NEW if is_expired:
                self.tell(action.action_id, action.channel, "expired")
            case Entry.NEW:
                return self.send(action)
            case Entry.VOID:
                self.tell(action.action_id, action.channel, "voided")
            case Entry.CONFLICT:
                return self.refuse(action, seq)
            case Entry.KNOWN:
                # Another process was faster; the next pass sees what it has done.
                self.counts["known"] += 1
                return False
        return True

    def send(self, action: Action) -> bool:
        """Sends an action that is claimed. Whatever goes wrong on the way, the message may have left."""
        try:
            answer = self.provider.send(action)
        except Exception as error:
            # The name alone: the text of an error may hold what was sent.
            self.ledger.lose(action.action_id, f"no answer: {type(error).__name__}")
            return self.resolve_later(action)
        state = self.ledger.settle(action.action_id, answer.statuses, answer.cost)
        self.tell(action.action_id, action.channel, state)
        return True

    def resolve(self, action: Action, is_void: bool) -> bool:
        """An action of unknown fate: asked again under the same key where the provider has one, else left alone."""
        if not self.provider.has_idempotency_key or is_void or self.now >= action.expires_at:
            return self.presume_sent(action)
        self.look_again()
        return self.ledger.claim_again(action.action_id) and self.send(action)

    def resolve_later(self, action: Action) -> bool:
        """The next pass asks again, or nobody ever can."""
        if self.provider.has_idempotency_key:
            self.tell(action.action_id, action.channel, "unknown", "asked again by the next pass, under the same key")
            return False
        return self.presume_sent(action)

    def presume_sent(self, action: Action) -> bool:
        self.ledger.presume_sent(action.action_id)
        self.tell(action.action_id, action.channel, "unknown", "reported as sent: it may have been; ask the provider")
        return True

    def refuse(self, action: Action, seq: int) -> bool:
        """The same id with another payload is never sent; it is told once, and again until it expires."""
        is_new = self.ledger.note_conflict(action, seq)
        is_over = self.now >= action.expires_at
        if is_new or not is_over:
            self.tell(action.action_id, action.channel, "conflict", "the same action_id with another payload: not sent")
        return is_over

    def look_again(self) -> None:
        """Before every send: may it still go out?"""
        if outbox.halt(self.output):
            raise Halted
        if outbox.has_record(self.output, self.last_seq + 1):
            raise MovedOn

    def tell(self, action_id: str, channel: str, status: str, note: str | None = None) -> None:
        """A line of the log of this program; nothing personal stands in it."""
        self.counts[status] += 1
        line = {"action_id": action_id, "channel": channel, "status": status} | ({"note": note} if note else {})
        print(json.dumps(line), file=sys.stderr)


def parts_of(record: Record, channel: str) -> list[outbox.Part]:
    return [part for part in record.parts if part.channel == channel]


def run(arguments: argparse.Namespace) -> Exit:
    """A pass, and the snapshot after it, however the pass ended."""
    provider, clock = FakeProvider(arguments.script, arguments.calls), Clock(arguments.now)
    with Ledger(arguments.ledger, clock) as ledger:
        consumer = Consumer(arguments.published, ledger, provider, clock, arguments.channel)
        why = None
        try:
            code = consumer.run()
        except Damaged as damaged:
            code, why = Exit.DAMAGED, str(damaged)
        events = contact_log.write(ledger, arguments.contact_log)
        # Whoever reads this in a scheduler's log would believe that letters had left.
        summary = {"outcome": code.name.lower(), "provider": type(provider).__name__, "recovered": ledger.recovered}
        summary |= {"events": events}
        summary |= {"why": why} if why else {}
        print(json.dumps(summary | {"actions": dict(sorted(consumer.counts.items()))}))
    return code


def report(arguments: argparse.Namespace) -> Exit:
    """One later event of an action, and the snapshot with it."""
    with Ledger(arguments.ledger, Clock(arguments.now)) as ledger:
        try:
            ledger.report(arguments.action_id, arguments.status)
        except KeyError:
            print(f"{arguments.action_id}: this gateway has not entered such an action", file=sys.stderr)
            return Exit.USAGE
        events = contact_log.write(ledger, arguments.contact_log)
        print(json.dumps({"outcome": "done", "events": events}))
    return Exit.DONE


def skip(arguments: argparse.Namespace) -> Exit:
    """Leaves every record so far to the ledger that was lost: nothing of it is sent or reported."""
    with Ledger(arguments.ledger, Clock(arguments.now)) as ledger:
        records = outbox.read_log(arguments.published)
        ledger.remember(records)
        for record in records:
            for channel in record.channels():
                ledger.close_batch(record.seq, channel)
        print(json.dumps({"outcome": "done", "skipped": len(records)}))
    return Exit.DONE


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(description="A reference gateway for what `regua run` publishes.")
    commands = top.add_subparsers(required=True)
    for name, execute in (("run", run), ("report", report), ("skip", skip)):
        command = commands.add_parser(name, help=execute.__doc__, description=execute.__doc__)
        command.set_defaults(execute=execute)
        command.add_argument("--ledger", type=Path, required=True, help="SQLite file of this gateway")
        command.add_argument("--now", type=outbox.instant, required=True, help="such as 2026-06-30T15:00:00Z")
        if execute is not skip:
            command.add_argument("--contact-log", type=Path, required=True, help="Parquet file to write the events to")
        if execute is not report:
            command.add_argument("--published", type=Path, required=True, help="output folder of `regua run`")
        if execute is run:
            command.add_argument("--channel", action="append", default=[], choices=CHANNELS, help="serve only this one; repeatable")
            command.add_argument("--seq", type=int, default=0, help="record that is handed over; 75 until it is there")
            command.add_argument("--script", type=Path, help="what the fake provider answers; all is sent without it")
            command.add_argument("--calls", type=Path, required=True, help="where the fake provider keeps its calls")
        if execute is report:
            command.add_argument("--action-id", required=True)
            command.add_argument("--status", choices=contact_log.STATUSES, required=True)
    return top


def main(words: Sequence[str] | None = None) -> Exit:
    arguments = parser().parse_args(words)
    try:
        if hasattr(arguments, "published") and not (arguments.published / "_log").is_dir():
            print(f"{arguments.published}: nothing is published there; correct the path, or publish with `regua run`", file=sys.stderr)
            return Exit.USAGE
        if getattr(arguments, "seq", 0) and not outbox.has_record(arguments.published, arguments.seq):
            print(f"{arguments.published}: record {arguments.seq} is not there yet; is its copy under way?", file=sys.stderr)
            return Exit.ABSENT
        if hasattr(arguments, "contact_log"):
            contact_log.check(arguments.contact_log)
        return arguments.execute(arguments)
    except Damaged as damaged:
        print(damaged, file=sys.stderr)
        return Exit.DAMAGED


if __name__ == "__main__":
    sys.exit(main())
