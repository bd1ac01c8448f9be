"""What Régua publishes, as a gateway reads it: the log, the files that it names, and their lines.

The log is the only truth, so it is followed rather than the copies in `outbox/`: it has an order, a chain of hashes,
and the voids of a revision beside its actions. Everything here only reads, and refuses whatever it does not fully
understand: a message that is not sent can be sent tomorrow, a wrong one cannot be taken back.

A published folder is a local folder here. On S3 and the like the keys and the bytes are the same.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

FORMAT_VERSION = 1
ACTION_TYPE = "regua.action.v1"
VOID_TYPE = "regua.void.v1"
KINDS = ("actions", "kpi_only", "void")
VOIDS = "voids"
CHANNELS = ("email", "whatsapp", "sms", "phone", "letter", "portal", "instruction")
T = TypeVar("T")
COPY_TO = re.compile(
    r"outbox/dt=(?P<as_of>\d{4}-\d\d-\d\d)(/revision=(?P<revision>[1-9]\d*))?"
    r"/(channel=(?P<channel>[a-z_]+)|voids)/part-\d{5}\.ndjson"
)


class Damaged(Exception):
    """What stands there is not what was published, or is of a kind that this program does not know."""


@dataclass(frozen=True)
class Part:
    """One file of lines; `channel` is "voids" for those that take actions back."""

    path: str
    channel: str
    size: int
    sha256: str
    rows: int


@dataclass(frozen=True)
class Record:
    """One commit record; `sha256` is that of its own bytes, which its successor names."""

    seq: int
    sha256: str
    revision: int
    parts: tuple[Part, ...]

    def channels(self) -> list[str]:
        """Voids first, then channel by channel."""
        return sorted({part.channel for part in self.parts}, key=lambda name: (name != VOIDS, name))


@dataclass(frozen=True)
class Action:
    """One line to send. `data` is all of it and personal: it goes to the provider and nowhere else."""

    action_id: str
    payload_sha256: str
    channel: str
    not_before: datetime
    expires_at: datetime
    debtor_id: str
    invoice_id: str | None
    regua: str
    step_id: str
    agency_id: str | None
    data: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Void:
    """An action that a revision takes back."""

    action_id: str
    revision: int
    reason: str


def instant(text: str) -> datetime:
    """A point in time; without an offset it would be nobody's."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no offset; write it as 2026-06-30T15:00:00Z")
    return time


class Clock:
    """Whole seconds: when the pass began, and what has passed since. A pass over ten thousand messages takes a while."""

    def __init__(self, start: datetime) -> None:
        self._start, self._begin = start, monotonic()

    def __call__(self) -> datetime:
        return self._start + timedelta(seconds=int(monotonic() - self._begin))


def has_record(output: Path, seq: int) -> bool:
    """Is there a record of that number?"""
    return (output / "_log" / f"{seq:020}.json").exists()


def halt(output: Path) -> bool:
    """Has an operator stopped everything? Any name that begins with "halt" says so, in whatever case."""
    control = output / "_control"
    return control.is_dir() and any(path.name.lower().startswith("halt") for path in control.iterdir())


def read_log(output: Path) -> list[Record]:
    """Every record in order; the first that is missing, unknown or not the one its successor names stops it."""
    records: list[Record] = []
    head = ""
    for seq, path in enumerate(sorted((output / "_log").glob("*.json")), start=1):
        if path.name != f"{seq:020}.json":
            raise Damaged(f"_log/{path.name}: record {seq} before it is missing")
        body = path.read_bytes()
        try:
            record = _record(seq, head, body)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Damaged(f"_log/{path.name}: it is no commit record ({type(error).__name__})") from None
        records.append(record)
        head = record.sha256
    return records


def _record(seq: int, head: str, body: bytes) -> Record:
    stated = json.loads(body)
    if stated["format_version"] != FORMAT_VERSION:
        raise Damaged(f"record {seq}: unknown format_version; this consumer knows {FORMAT_VERSION}: update it")
    if stated["kind"] not in KINDS:
        raise Damaged(f"record {seq}: unknown kind; update this consumer")
    if stated["seq"] != seq or stated["prev_sha256"] != head:
        raise Damaged(f"record {seq}: the chain is broken: a record was changed or taken out")
    copied = [file for file in stated["files"] if (file["copy_to"] or "").startswith("outbox/")]
    parts = tuple(_part(stated, file) for file in copied)
    if parts and stated["kind"] == "kpi_only":
        raise Damaged(f"record {seq}: it is kpi_only and has actions")
    return Record(seq, hashlib.sha256(body).hexdigest(), stated["revision"], parts)


def _part(record: dict[str, Any], file: dict[str, Any]) -> Part:
    """A file of the outbox; what it is for, the path of its copy says."""
    path, copy_to = file["path"], COPY_TO.fullmatch(file["copy_to"])
    if copy_to is None or path.startswith("/") or ".." in path.split("/"):
        raise Damaged(f"record {record['seq']}: unknown layout of the outbox; update this consumer")
    if copy_to["as_of"] != record["as_of"] or int(copy_to["revision"] or 0) != record["revision"]:
        raise Damaged(f"record {record['seq']}: a file of another date or revision")
    return Part(path, copy_to["channel"] or VOIDS, file["size"], file["sha256"], file["rows"])


def check(output: Path, part: Part) -> None:
    """Reads a whole part: size, hash, number of lines, and every line."""
    path = output / part.path
    if not path.is_file():
        raise Damaged(f"{part.path}: it is not there; restore it from a backup")
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if path.stat().st_size != part.size or sha256 != part.sha256:
        raise Damaged(f"{part.path}: size or SHA-256 differ from the record; restore it from a backup")
    rows = sum(1 for _ in (voids if part.channel == VOIDS else actions)(output, part))
    if rows != part.rows:
        raise Damaged(f"{part.path}: {rows} lines, and {part.rows} in the record")


def actions(output: Path, part: Part) -> Iterator[Action]:
    """The actions of a part, each with its payload checked against its own hash."""
    return _lines(output, part, ACTION_TYPE, _action)


def voids(output: Path, part: Part) -> Iterator[Void]:
    """The voids of a part."""
    return _lines(output, part, VOID_TYPE, _void)


def _lines(output: Path, part: Part, known: str, read: Callable[[dict, Part], T]) -> Iterator[T]:
    """The lines of a part, CloudEvents of the one type that belongs there. A line is named by number, never shown."""
    with (output / part.path).open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                event = json.loads(line)
                if event["specversion"] != "1.0" or event["type"] != known:
                    raise Damaged(f"{part.path}:{number}: unknown type of event; update this consumer")
                item = read(event, part)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise Damaged(f"{part.path}:{number}: it is no {known} ({type(error).__name__})") from None
            yield item


def _action(event: dict[str, Any], part: Part) -> Action:
    data = event["data"]
    items = data["items"]
    action = Action(
        action_id=event["id"],
        payload_sha256=event["payloadsha256"],
        channel=data["channel"],
        not_before=instant(data["not_before"]),
        expires_at=instant(data["expires_at"]),
        debtor_id=data["debtor_id"],
        invoice_id=items[0]["invoice_id"] if len(items) == 1 else None,
        regua=data["regua"],
        step_id=data["step_id"],
        agency_id=data.get("agency_id"),
        data=data,
    )
    if payload_sha256(data) != action.payload_sha256:
        raise Damaged(f"{part.path}: the payload of action {action.action_id} is not that of its hash")
    if data["action_id"] != action.action_id or action.channel != part.channel:
        raise Damaged(f"{part.path}: action {action.action_id} stands under another name or channel")
    return action


def _void(event: dict[str, Any], part: Part) -> Void:
    data = event["data"]
    if event["id"] != f"void-{data['action_id']}":
        raise Damaged(f"{part.path}: the void of action {data['action_id']} stands under another name")
    return Void(data["action_id"], data["voided_by_revision"], data["reason"])


def payload_sha256(data: dict[str, Any]) -> str:
    """SHA-256 of `data` as it stands in its line: no spaces, keys in their order, UTF-8."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
