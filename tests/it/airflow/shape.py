"""The DAG as it is parsed: each task and what comes after it, and where it may write."""

from regua_daily import run

for name, task in sorted(run.dag.task_dict.items()):
    print(name, *sorted(task.downstream_task_ids))
print(run.dag.timezone, run.dag.catchup, run.dag.max_active_runs, run.retries)
print(*(asset.uri for asset in run.outlets))
