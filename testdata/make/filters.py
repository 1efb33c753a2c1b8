#!/usr/bin/env python3
"""filters.py: the frames that tshark prints for display filters -> golden/filters.jsonl

One row for each line of filters.txt (capture, a tab, filter):
{"capture","filter","frames"}. tshark runs with -n and default preferences."""
import json
import os
import subprocess

here = os.path.dirname(os.path.abspath(__file__))
captures = os.path.join(here, "..", "captures")
with open(os.path.join(here, "filters.txt")) as lines, open(os.path.join(here, "..", "golden", "filters.jsonl"), "w") as out:
    for line in lines:
        if line.startswith("#") or not line.strip():
            continue
        capture, expression = line.rstrip("\n").split("\t")
        run = subprocess.run(
            ["tshark", "-n", "-r", os.path.join(captures, capture), "-Y", expression, "-T", "fields", "-e", "frame.number"],
            capture_output=True, text=True, check=True)
        row = {"capture": capture, "filter": expression, "frames": [int(n) for n in run.stdout.split()]}
        out.write(json.dumps(row) + "\n")
