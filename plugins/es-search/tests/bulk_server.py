# SPDX-License-Identifier: Apache-2.0
"""As much of OpenSearch and Elasticsearch as takes documents, and as strict as they are.

Beside what the fixture knows, a step of the plan may be {"within": {"items": {"1": [429, "why"]}}}:
the second document of that request is answered so and not kept.
"""
import base64
import json
import os
import re
import sys
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../http/tests/servers"))
import fixture

TYPES = re.compile(r"application/(x-ndjson|json|vnd\.elasticsearch\+(x-ndjson|json); *compatible-with=[789])"
                   r"(; *charset=utf-8)?", re.I)
ACTIONS = ("index", "create", "update", "delete")
PARAMETERS = {"_index", "_id", "routing", "op_type", "if_seq_no", "if_primary_term", "version", "version_type",
              "pipeline", "require_alias", "dynamic_templates", "retry_on_conflict"}
QUERY = {"filter_path", "refresh", "timeout", "pipeline", "routing", "require_alias", "pretty", "human", "error_trace",
         "_source", "wait_for_active_shards"}


class Refusal(Exception):
    def __init__(self, status, kind, reason):
        self.status, self.error = status, {"type": kind, "reason": reason}


def index_problem(name):
    if name != name.lower():
        return "must be lowercase"
    if re.search(r'[ "*\\<|,>/?]', name):
        return "must not contain the following characters [ , \", *, \\, <, |, ,, >, /, ?]"
    if "#" in name or ":" in name:
        return "must not contain '#' or ':'"
    if name[:1] in ("_", "-", "+"):
        return "must not start with '_', '-', or '+'"
    if name in (".", ".."):
        return "must not be '.' or '..'"
    if len(name.encode()) > 255:
        return "index name is too long"
    return ""


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("Duplicate field")
    return dict(pairs)


def parse(text):
    def refuse(name):
        raise ValueError("Non-standard token " + name)
    return json.loads(text, object_pairs_hook=no_duplicates, parse_constant=refuse)


def filtered(value, paths):
    """filter_path, as far as it is asked for here: names and * joined by dots."""
    if isinstance(value, list):
        return [kept for kept in (filtered(item, paths) for item in value) if kept not in ({}, [])]
    if not isinstance(value, dict):
        return value
    out = {}
    for key, inner in value.items():
        rests = [path[1:] for path in paths if path[0] in (key, "*")]
        if any(not rest for rest in rests):
            out[key] = inner
        elif rests:
            kept = filtered(inner, rests)
            if isinstance(kept, (dict, list)) and kept:
                out[key] = kept
    return out


class Handler(fixture.Handler):
    def product(self, status, body):
        self.answer(status, body, {"X-elastic-product": "Elasticsearch"})

    def serve(self, body, step):
        try:
            self.authenticate()
            url = urlsplit(self.path)
            if url.path == "/" and self.command in ("GET", "HEAD"):
                return self.product(200, {"name": "test", "cluster_name": "test", "cluster_uuid": "x", "version": {
                    "number": "8.19.0", "build_flavor": "default", "minimum_wire_compatibility_version": "7.17.0"},
                    "tagline": "You Know, for Search"})
            self.product(200, self.bulk(url, body, step.get("within", {}).get("items", {})))
        except Refusal as refusal:
            self.product(refusal.status, {"error": dict(refusal.error, root_cause=[refusal.error]),
                                          "status": refusal.status})

    def authenticate(self):
        wanted = self.server.arguments.user
        if not wanted:
            return
        given = self.headers.get("Authorization", "")
        if given in ("Basic " + base64.b64encode(wanted.encode()).decode(), "ApiKey " + wanted):
            return
        if not given:
            raise Refusal(401, "security_exception", f"missing authentication credentials for REST request [{self.path}]")
        raise Refusal(401, "security_exception", "unable to authenticate user")

    def bulk(self, url, body, scripted):
        match = re.fullmatch(r"(?:/([^/]+))?/_bulk", url.path)
        if not match:
            raise Refusal(404, "index_not_found_exception", f"no such index [{url.path.strip('/')}]")
        if self.command not in ("POST", "PUT"):
            raise Refusal(405, "illegal_argument_exception", f"Incorrect HTTP method for uri [{self.path}]")
        query = parse_qs(url.query, keep_blank_values=True)
        for name in query:
            if name not in QUERY:
                raise Refusal(400, "illegal_argument_exception",
                              f"request [{url.path}] contains unrecognized parameter: [{name}]")
        if not TYPES.fullmatch(self.headers.get("Content-Type", "")):
            raise Refusal(406, "media_type_header_exception",
                          f"Content-Type header [{self.headers.get('Content-Type')}] is not supported")
        if not body:
            raise Refusal(400, "parse_exception", "request body is required")
        if not body.endswith(b"\n"):
            raise Refusal(400, "illegal_argument_exception", "The bulk request must be terminated by a newline [\\n]")
        items = self.items(body.split(b"\n")[:-1], match.group(1))
        answers = [self.store(*item, scripted.get(str(i))) for i, item in enumerate(items)]
        whole = {"took": 1, "errors": any("error" in next(iter(a.values())) for a in answers), "items": answers}
        if "filter_path" not in query:
            return whole
        return filtered(whole, [path.split(".") for path in query["filter_path"][0].split(",")])

    def items(self, lines, default_index):
        at, items = 0, []
        while at < len(lines):
            number = at + 1
            try:
                action = parse(lines[at])
            except ValueError:
                action = None
            if not isinstance(action, dict):
                raise Refusal(400, "illegal_argument_exception",
                              f"Malformed action/metadata line [{number}], expected START_OBJECT but found [VALUE]")
            if len(action) != 1 or next(iter(action)) not in ACTIONS:
                raise Refusal(400, "illegal_argument_exception",
                              f"Malformed action/metadata line [{number}], expected field [create], [delete], [index] or "
                              f"[update] but found [{', '.join(action)}]")
            name, meta = next(iter(action.items()))
            for parameter in meta:
                if parameter not in PARAMETERS:
                    raise Refusal(400, "illegal_argument_exception",
                                  f"Action/metadata line [{number}] contains an unknown parameter [{parameter}]")
            index = meta.get("_index", default_index)
            if not index:
                raise Refusal(400, "action_request_validation_exception", "Validation Failed: 1: index is missing;")
            if len(str(meta.get("_id", "")).encode()) > 512:
                raise Refusal(400, "illegal_argument_exception", "id is too long, must be no longer than 512 bytes")
            at += 1
            source = None
            if name != "delete":
                if at == len(lines):
                    raise Refusal(400, "illegal_argument_exception", "The bulk request must be terminated by a newline [\\n]")
                source = lines[at]
                at += 1
            items.append((name, index, meta.get("_id"), source))
        return items

    def store(self, action, index, identity, source, scripted):
        def failed(status, kind, reason):
            return {action: {"_index": index, "_id": identity, "status": status,
                             "error": {"type": kind, "reason": reason}}}
        if problem := index_problem(index):
            return failed(400, "invalid_index_name_exception", f"Invalid index name [{index}], {problem}")
        if self.server.arguments.indices and index not in self.server.arguments.indices.split(","):
            return failed(404, "index_not_found_exception", f"no such index [{index}] and [action.auto_create_index] is [false]")
        if scripted:
            return failed(scripted[0], "scripted_exception", scripted[1])
        documents = self.server.documents.setdefault(index, {})
        if identity is None:
            identity = f"auto-{len(documents)}"
        if action == "create" and identity in documents:
            return failed(409, "version_conflict_engine_exception",
                          f"[{identity}]: version conflict, document already exists (current version [1])")
        if action not in ("create", "index"):
            return failed(400, "illegal_argument_exception", "not a matter of this test")
        try:
            document = parse(source)
            if not isinstance(document, dict):
                raise ValueError("not an object")
        except ValueError as error:
            return failed(400, "document_parsing_exception", f"failed to parse: {error}")
        created = identity not in documents
        documents[identity] = document
        return {action: {"_index": index, "_id": identity, "_version": 1, "_seq_no": len(documents),
                         "_primary_term": 1, "_shards": {"total": 1, "successful": 1, "failed": 0},
                         "result": "created" if created else "updated", "status": 201 if created else 200}}


class Server(fixture.Server):
    handler = Handler

    def __init__(self, arguments):
        super().__init__(arguments)
        self.documents = {}

    def state(self):
        return dict(super().state(), documents=self.documents)


if __name__ == "__main__":
    parser = fixture.arguments()
    parser.add_argument("--user", help="user:password, or an API key")
    parser.add_argument("--indices", help="those that exist; others are not made")
    fixture.run(Server(parser.parse_args()))
