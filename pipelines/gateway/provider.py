"""What a gateway asks of a provider of messages, and a fake one whose answers are scripted.

A real provider is a class with the two members of `Provider`; a bureau, a registry or an agency is one too, behind
the channel `instruction`. What it raises means that nobody knows what became of the message.
"""

import fcntl
import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from ledger import Cost
from outbox import Action


class NoAnswer(Exception):
    """The provider was asked and did not answer in time."""


@dataclass(frozen=True)
class Answer:
    """What the provider says: the statuses of contact_log that hold by now, in order, and what it costs."""

    statuses: tuple[str, ...]
    cost: Cost | None = None


class Provider(Protocol):
    """Sends one action."""

    @property
    def has_idempotency_key(self) -> bool:
        """Does it recognise a second request with the same key (the action_id), and send once?"""

    def send(self, action: Action) -> Answer:
        """Asks it to send; `action.action_id` is the key.

        `action.data` has the text in `body`. Where the message names a template that the provider approved, it has
        `provider_template` and the ordered `provider_parameters` too: send those instead, in `language`.
        """


@dataclass(frozen=True)
class Outcome:
    """Does the message leave, and what does the caller see of it?"""

    leaves: bool
    statuses: tuple[str, ...] = ()
    dies: bool = False


OUTCOMES = {
    "sent": Outcome(True, ("sent",)),
    "delivered": Outcome(True, ("sent", "delivered")),
    "replied": Outcome(True, ("sent", "delivered", "replied")),
    "bounced": Outcome(True, ("sent", "bounced")),
    "failed": Outcome(False, ("failed",)),
    "timeout_but_sent": Outcome(True),
    "timeout_not_sent": Outcome(False),
    "crash_before_send": Outcome(False, dies=True),
    "crash_after_send": Outcome(True, dies=True),
}


class FakeProvider:
    """Does what a script says, and writes every call to a file, which outlives the process.

    The script is JSON: `outcomes` names, by action_id, channel or "*", the outcome of the first call, the second and
    so on (the last one stays); `idempotency_key`, `latency_ms`, `cost` and `cost_currency` are what they say.
    """

    def __init__(self, script: Path | None, calls: Path) -> None:
        told = json.loads(script.read_text()) if script else {}
        self.has_idempotency_key = bool(told.get("idempotency_key", False))
        self._outcomes: dict[str, list[str]] = {"*": ["sent"]} | told.get("outcomes", {})
        self._latency_seconds = told.get("latency_ms", 0) / 1000
        self._cost = Cost(told["cost"], told["cost_currency"]) if "cost" in told else None
        self._calls = calls

    def send(self, action: Action) -> Answer:
        time.sleep(self._latency_seconds)
        outcome = self._take(action)
        if outcome.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        if not outcome.statuses:
            raise NoAnswer
        return Answer(outcome.statuses, self._cost)

    def _take(self, action: Action) -> Outcome:
        """The outcome of this call, once it stands in the file of calls."""
        with self._calls.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            earlier = _calls_of(file, action.action_id)
            outcome = self._outcome(action, len(earlier))
            has_left = any(call["left"] for call in earlier)
            if has_left and self.has_idempotency_key:
                outcome = Outcome(False, ("sent",))
            call = {"action_id": action.action_id, "channel": action.channel, "left": outcome.leaves}
            file.write(json.dumps(call) + "\n")
        return outcome

    def _outcome(self, action: Action, calls: int) -> Outcome:
        names = (action.action_id, action.channel, "*")
        told = next(self._outcomes[name] for name in names if name in self._outcomes)
        return OUTCOMES[told[min(calls, len(told) - 1)]]


def _calls_of(file: IO[str], action_id: str) -> list[dict]:
    file.seek(0)
    return [call for call in map(json.loads, file) if call["action_id"] == action_id]
