"""A collector of spans: takes them over OTLP/HTTP while a program runs, and compares them with what the run says of itself.

collector.py FOLDER PROGRAM...: runs the program, which publishes to FOLDER/output.
"""

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

requests: list[ExportTraceServiceRequest] = []


class Collector(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        assert self.path == "/v1/traces" and self.headers["content-type"] == "application/x-protobuf", self.headers
        assert self.headers["x-key"] == "k1", "headers of the environment are sent"
        requests.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def main(folder: Path, program: list[str]) -> None:
    server = HTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=server.serve_forever, daemon=True).start()
    named = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_port}"}
    ran = subprocess.run(program, env=os.environ | named | {"OTEL_EXPORTER_OTLP_HEADERS": "x-key=k1"}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    log = [json.loads(line) for line in ran.stderr.splitlines()]
    assert log and not any("span" in line or "spans" in line for line in log), "the log is as it was without spans"

    resources = [of for request in requests for of in request.resource_spans]
    names = {a.value.string_value for of in resources for a in of.resource.attributes if a.key == "service.name"}
    assert names == {"regua"}, names
    spans = [span for of in resources for scope in of.scope_spans for span in scope.spans]
    [run] = [span for span in spans if not span.parent_span_id]
    assert run.name == "run" and attributes(run) == {"as_of": "2026-06-30", "exit_code": 0}, run
    stages = [span for span in spans if span.parent_span_id]
    assert all(span.parent_span_id == run.span_id and span.trace_id == run.trace_id for span in stages)

    [file] = folder.glob("output/runs/*/*/run_results.json")
    results = json.loads(file.read_text())
    assert {span.name for span in stages} == set(results["seconds"]), results["seconds"]
    for name, seconds in results["seconds"].items():
        of_stage = [span for span in stages if span.name == name]
        told = sum(attributes(span)["seconds"] for span in of_stage)
        assert abs(told - seconds) < 0.002, (name, told, seconds)
        assert all(set(attributes(span)) <= {"rows", "seconds"} for span in of_stage), "no ids"
        assert all(span.end_time_unix_nano - span.start_time_unix_nano >= 0 for span in of_stage)
    rows = {span.name: attributes(span).get("rows") for span in stages}
    assert rows["load"] == results["rows_read"] and rows["decide"] == results["counts"]["decisions"], rows
    print(f"{len(spans)} spans of {len(set(rows))} stages: as run_results.json has them")


def attributes(span: object) -> dict[str, object]:
    values = {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}
    return {key: value for key, value in values.items() if key not in {"busy_ns", "idle_ns"}}


main(Path(sys.argv[1]), sys.argv[2:])
