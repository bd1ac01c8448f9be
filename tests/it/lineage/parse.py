"""Reads a file of metrics as Prometheus does, and prints each sample with its value as JSON."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

samples = {}
for family in text_string_to_metric_families(open(sys.argv[1], encoding="utf-8").read()):
    assert family.documentation and family.type == "gauge", family.name
    for sample in family.samples:
        labels = ",".join(f"{label}={value}" for label, value in sorted(sample.labels.items()))
        name = f"{sample.name}{{{labels}}}"
        assert name not in samples, name
        samples[name] = sample.value
print(json.dumps(samples))
