# SPDX-License-Identifier: Apache-2.0
"""Proves the test server with the official clients of Elasticsearch and OpenSearch.

They are looked for below $STOQ_NODE_MODULES, which tools/install-npm fills; without them the proof is skipped (exit code 77).
"""
import json
import os
import shutil
import subprocess
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
PLAN = [{"within": {"items": {"0": [429, "rejected execution"], "2": [429, "rejected execution"]}}}]


def skip(why):
    print("skipped:", why)
    sys.exit(77)


node, modules = shutil.which("node"), os.environ.get("STOQ_NODE_MODULES", "")
if not node:
    skip("there is no node")
for package in ("@elastic/elasticsearch", "@opensearch-project/opensearch"):
    if not os.path.isdir(os.path.join(modules, package)):
        skip(f"STOQ_NODE_MODULES ('{modules}') has no {package}")

for client in ("elasticsearch", "opensearch"):
    server = subprocess.Popen([sys.executable, "-B", os.path.join(HERE, "bulk_server.py"), "--plan", json.dumps(PLAN)],
                              stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        done = subprocess.run([node, os.path.join(HERE, "official_client_test.cjs"), url, client], timeout=60,
                              env=dict(os.environ, NODE_PATH=modules))
        with urllib.request.urlopen(url + "/_fixture") as answer:
            documents = json.load(answer)["documents"]["proof"]
    finally:
        server.kill()
        server.wait()
    assert done.returncode == 0, f"{client}: {done.returncode}"
    assert len(documents) == 23 and documents["doc-7"]["text"] == "document 7 ü\n", documents
