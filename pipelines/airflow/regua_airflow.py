"""Régua in Airflow 3: an operator that runs it, a sensor for its inputs, and the date that a run is of.

It lies beside the DAG and needs nothing but airflow.sdk. README.md says what each exit code does, and why.
"""

import json
import logging
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from airflow.sdk import Asset, BaseOperator, BaseSensorOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

try:  # not part of Airflow itself
    from airflow.providers.openlineage.plugins.macros import lineage_parent_id
except ImportError:
    lineage_parent_id = None

AS_OF = "{{ as_of(params, dag_run, dag, data_interval_end | default(none)) }}"
"""The date as a template, in a DAG with `user_defined_macros={"as_of": as_of}`."""
WAIT, UNCHANGED = 75, 99
FINAL = {2, 3, 4, 5, 101}
"""What the same call would end with again; 5 is the gateway's."""
LEVELS = {"ERROR": logging.ERROR, "WARN": logging.WARNING, "INFO": logging.INFO}
EVENT = ("as_of", "seq", "run_id", "revision", "outcome")
FIGURES = ("outcome", "as_of", "kind", "revision", "kept", "counts", "control_totals", "notes")


def as_of(params: Any, dag_run: Any, dag: Any, data_interval_end: datetime | None = None) -> str:
    """The day of a run in the time zone of its DAG, unless a Param says another. Never `ds`: that is the day in UTC."""
    if params.get("as_of"):
        return str(params["as_of"])
    moment = data_interval_end or dag_run.run_after
    return moment.astimezone(dag.timezone).date().isoformat()


def is_kpi_only(context: Context) -> bool:
    """A backfill on an empty output goes forward: each of its dates is the newest, and would write to debtors."""
    run = context["dag_run"]
    asked = context["params"].get("kpi_only") or (run.conf or {}).get("kpi_only")
    return run.run_type == "backfill" or bool(asked)


def lineage_parent(context: Context) -> list[str]:
    """The task as the parent of the run, where the provider for OpenLineage is installed; lineage is no reason to fail."""
    if lineage_parent_id is None:
        return []
    try:
        return ["--openlineage-parent", lineage_parent_id(context["ti"])]
    except Exception as error:
        logging.getLogger(__name__).warning("the run will name no parent in OpenLineage: %s", error)
        return []


def command_of(binary: str, verb: str, pipeline: str, as_of: str) -> list[str]:
    return [binary, verb, pipeline, "--as-of", as_of, "--output", "json"]


class Ended(NamedTuple):
    """How a program ended: its code, the result as its last line has it, and what it says went wrong."""

    code: int
    result: dict[str, Any]
    cause: str


class Listener:
    """Tells the lines of a program to the log of the task, and keeps what it says went wrong."""

    def __init__(self, log: Any) -> None:
        self.log, self.errors, self.plain = log, list[str](), list[str]()
        self.stage, self.begin = "", time.monotonic()

    def hear(self, lines: IO[str]) -> None:
        for line in map(str.rstrip, lines):
            try:
                said = json.loads(line)
                self.tell(said.get("level", "INFO"), said.get("message", line), said)
            except (ValueError, AttributeError):
                self.plain += [line] if line else []
                self.log.warning("%s", line)

    def tell(self, level: str, message: str, said: dict[str, Any]) -> None:
        """A stage with its steps when it begins, and with its seconds when it is over; errors end as the exception."""
        if level == "ERROR":
            self.errors.append(message)
        elif "stage" in said:
            self.end_stage()
            self.stage, self.begin = said["stage"], time.monotonic()
            self.log.info("%s begins (%s)", self.stage, said.get("steps"))
        else:
            self.log.log(LEVELS.get(level, logging.DEBUG), "%s", message)

    def end_stage(self) -> None:
        if self.stage:
            self.log.info("%s ends after %.1f s", self.stage, time.monotonic() - self.begin)
        self.stage = ""

    def cause(self, result: dict[str, Any]) -> str:
        said = "\n".join(self.errors or self.plain[-8:])
        return said or str(result.get("why") or result.get("outcome") or "it does not say why")


class Caller:
    """Calls a program that speaks as `regua` does: JSON lines on stderr, the result as the last line of stdout."""

    process: subprocess.Popen[str] | None = None

    def call(self, command: Sequence[str]) -> Ended:
        """The environment is inherited, and `env` added to it."""
        self.log.info("%s", shlex.join(command))
        listener = Listener(self.log)
        with tempfile.TemporaryFile("w+") as out:
            streams = {"stdout": out, "stderr": subprocess.PIPE, "text": True, "errors": "replace"}
            env = os.environ | self.env
            try:
                self.process = subprocess.Popen(command, env=env, start_new_session=True, **streams)
            except FileNotFoundError as missing:
                what = "put it on the PATH of the workers, or name it by its path (REGUA_BINARY in the shipped DAG)"
                raise AirflowFailException(f"{command[0]} is not there: {what}") from missing
            try:
                listener.hear(self.process.stderr)
            except BaseException:  # execution_timeout: its last words are whether anything was published
                self.on_kill()
                listener.hear(self.process.stderr)
                self.log.error("%s", listener.cause({}))
                raise
            finally:
                code = self.process.wait()
            listener.end_stage()
            out.seek(0)
            result = result_of(out.read())
        return Ended(code, result, listener.cause(result))

    def judge(self, ended: Ended) -> dict[str, Any]:
        """The result, or the exception by which Airflow tries again, gives up or skips."""
        if ended.code == 0:
            self.log.info("%s", json.dumps(without_kpis(ended.result), ensure_ascii=False))
            return ended.result
        if ended.code == UNCHANGED:
            raise AirflowSkipException(ended.cause)
        error = AirflowFailException if ended.code in FINAL else AirflowException
        raise error(f"{Path(self.command[0]).name} exit code {ended.code}: {ended.cause}")

    def on_kill(self) -> None:
        """Asks the whole process group to end; `regua` does so within seconds, and says what it has published."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)


def without_kpis(result: dict[str, Any]) -> dict[str, Any]:
    """What a person reads of it: not the rows of thirty tables."""
    counts = {table: rows for table, rows in result.get("counts", {}).items() if not table.startswith("kpi_")}
    return result | ({"counts": counts} if counts else {})


def result_of(out: str) -> dict[str, Any]:
    try:
        result = json.loads(out.strip().rpartition("\n")[2])
    except ValueError:
        return {}
    return result if isinstance(result, dict) else {}


class ReguaOperator(Caller, BaseOperator):
    """Runs a command that ends as `regua` does: `regua report`, or a gateway. The result is its XCom."""

    template_fields = ("command", "env")

    def __init__(self, *, command: Sequence[str], env: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.command, self.env = list(command), env or {}

    def execute(self, context: Context) -> dict[str, Any]:
        return self.judge(self.call(self.command_in(context)))

    def command_in(self, context: Context) -> list[str]:
        return self.command


class ReguaRunOperator(ReguaOperator):
    """Runs `regua run` for a date; its assets get an event that names the record. Backfills get `--kpi-only`, and the events
    of OpenLineage the task as their parent."""

    verb = "run"

    def __init__(
        self, *, pipeline: str, as_of: str = AS_OF, binary: str = "regua", arguments: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(command=[*command_of(binary, self.verb, pipeline, as_of), *arguments], **kwargs)

    def execute(self, context: Context) -> dict[str, Any]:
        result = super().execute(context)
        for asset in (outlet for outlet in self.outlets if isinstance(outlet, Asset)):
            context["outlet_events"][asset].extra.update({name: result.get(name) for name in EVENT})
        return result

    def command_in(self, context: Context) -> list[str]:
        kpi_only = ["--kpi-only"] if is_kpi_only(context) else []
        return [*self.command, *kpi_only, *self.parent_in(context)]

    def parent_in(self, context: Context) -> list[str]:
        return lineage_parent(context)


class ReguaPlanOperator(ReguaRunOperator):
    """Runs `regua plan`: what the run would publish. Of its result the figures are kept, and no debtor."""

    verb = "plan"

    def parent_in(self, context: Context) -> list[str]:
        return []  # a plan tells nobody

    def judge(self, ended: Ended) -> dict[str, Any]:
        figures = {name: ended.result[name] for name in FIGURES if name in ended.result}
        return super().judge(ended._replace(result=figures))


class ReguaInputsSensor(Caller, BaseSensorOperator):
    """Waits until the exports of a date are there, recent enough and on contract; ends for good where none will be."""

    template_fields = ("command", "env")

    def __init__(
        self,
        *,
        pipeline: str,
        as_of: str = AS_OF,
        binary: str = "regua",
        env: dict[str, str] | None = None,
        mode: str = "reschedule",
        **kwargs: Any,
    ) -> None:
        super().__init__(mode=mode, **kwargs)
        self.command, self.env = command_of(binary, "inputs", pipeline, as_of), env or {}

    def poke(self, context: Context) -> bool:
        ended = self.call(self.command)
        if ended.code != WAIT:
            self.judge(ended._replace(result={"outcome": ended.result.get("outcome")}))
            return True
        for line in ended.cause.splitlines():
            self.log.info("waiting: %s", line)
        return False
