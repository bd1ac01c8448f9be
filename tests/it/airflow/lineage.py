"""What the operators add to their commands for OpenLineage: without its provider, with it, and where that fails."""

import importlib
import sys
from types import ModuleType, SimpleNamespace

import regua_airflow

MACROS = "airflow.providers.openlineage.plugins.macros"
CONTEXT = {
    "params": {},
    "dag_run": SimpleNamespace(run_type="scheduled", conf={}),
    "ti": SimpleNamespace(dag_id="regua_daily", task_id="run"),
}


def provider(lineage_parent_id) -> None:
    """Puts a provider in the place where the real one would be, and imports the module again."""
    for end in range(2, len(MACROS.split("."))):
        name = ".".join(MACROS.split(".")[: end + 1])
        sys.modules[name] = ModuleType(name)
    sys.modules[MACROS].lineage_parent_id = lineage_parent_id
    importlib.reload(regua_airflow)


def told(make: str) -> None:
    operator = getattr(regua_airflow, make)(task_id="t", pipeline="p", as_of="2026-06-30")
    print(*operator.command_in(CONTEXT))


told("ReguaRunOperator")
provider(lambda ti: f"default/{ti.dag_id}.{ti.task_id}/0197c1a0-7c2e-7d3c-9a51-3f2f6c2b8a10")
told("ReguaRunOperator")
told("ReguaPlanOperator")
provider(lambda ti: ti.nothing_of_that_name)
told("ReguaRunOperator")
