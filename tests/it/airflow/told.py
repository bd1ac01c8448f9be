"""What Airflow knows of the newest run of a DAG, as JSON: states and tries of its tasks, XComs, events of assets."""

import json
import sqlite3
import sys

TASKS = "select task_id, state || ' ' || try_number from task_instance where dag_id = ? and run_id = ?"
XCOMS = "select task_id, value from xcom where dag_id = ? and run_id = ? and key = 'return_value'"
EVENTS = """
    select asset.uri, event.extra from asset_event as event join asset on asset.id = event.asset_id
    where event.source_dag_id = ? and event.source_run_id = ?
"""


def main(database: str, dag: str) -> None:
    with sqlite3.connect(database) as db:
        newest = "select run_id, state from dag_run where dag_id = ? order by id desc limit 1"
        run, state = db.execute(newest, [dag]).fetchone()
        tasks, xcoms, events = (dict(db.execute(query, [dag, run])) for query in (TASKS, XCOMS, EVENTS))
    told = {"state": state, "run_id": run, "tasks": tasks}
    told |= {"xcom": {task: json.loads(value) for task, value in xcoms.items()}}
    print(json.dumps(told | {"events": {uri: json.loads(extra) for uri, extra in events.items()}}))


main(*sys.argv[1:])
