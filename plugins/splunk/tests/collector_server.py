# SPDX-License-Identifier: Apache-2.0
"""Splunk's HTTP Event Collector, as strict as it is.

Beside what the fixture knows, a step of the plan may be {"within": {"code": 9}}: the collector's own
answer of that code.
"""
import json
import os
import re
import sys
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../http/tests/servers"))
import fixture

CODES = {
    0: (200, "Success"), 1: (403, "Token disabled"), 2: (401, "Token is required"),
    3: (401, "Invalid authorization"), 4: (403, "Invalid token"), 5: (400, "No data"),
    6: (400, "Invalid data format"), 7: (400, "Incorrect index"), 8: (500, "Internal server error"),
    9: (503, "Server is busy"), 10: (400, "Data channel is missing"), 11: (400, "Invalid data channel"),
    12: (400, "Event field is required"), 13: (400, "Event field cannot be blank"), 14: (400, "ACK is disabled"),
}
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)


def refuse(name):
    raise ValueError("Non-standard token " + name)


class Refusal(Exception):
    def __init__(self, code, event=None):
        self.code, self.event = code, event


class Handler(fixture.Handler):
    def code(self, code, **more):
        status, text = CODES[code]
        self.answer(status, {"text": text, "code": code, **more})

    def serve(self, body, step):
        try:
            if "within" in step:
                raise Refusal(step["within"]["code"])
            url = urlsplit(self.path)
            if url.path not in ("/services/collector", "/services/collector/event", "/services/collector/event/1.0",
                                "/services/collector/ack"):
                return self.answer(404, {"text": "The requested URL was not found on this server.", "code": 404})
            if self.command != "POST":
                return self.answer(405, {"text": "Method Not Allowed", "code": 405})
            self.authorize()
            channel = self.channel(url)
            if url.path.endswith("/ack"):
                return self.acks(body)
            self.events(body)
            if not channel:
                return self.code(0)
            self.server.acks.append(self.server.arguments.ack_delay)
            self.code(0, ackId=len(self.server.acks) - 1)
        except Refusal as refusal:
            more = {} if refusal.event is None else {"invalid-event-number": refusal.event}
            self.code(refusal.code, **more)

    def authorize(self):
        given = self.headers.get("Authorization")
        if not given:
            raise Refusal(2)
        if not given.startswith("Splunk "):
            raise Refusal(3)
        if given != "Splunk " + self.server.arguments.token:
            raise Refusal(4)

    def channel(self, url):
        """The channel of a token with acknowledgement; without one, channels mean nothing."""
        if self.server.arguments.ack_delay is None:
            if url.path.endswith("/ack"):
                raise Refusal(14)
            return ""
        channel = self.headers.get("X-Splunk-Request-Channel") or parse_qs(url.query).get("channel", [""])[0]
        if not channel:
            raise Refusal(10)
        if not GUID.fullmatch(channel):
            raise Refusal(11)
        return channel

    def acks(self, body):
        try:
            wanted = json.loads(body)["acks"]
        except (ValueError, KeyError, TypeError):
            raise Refusal(6)
        answer = {}
        for number in wanted:
            known = isinstance(number, int) and 0 <= number < len(self.server.acks)
            answer[str(number)] = known and self.server.acks[number] <= 0
            if known:
                self.server.acks[number] -= 1
        self.answer(200, {"acks": answer})

    def events(self, body):
        text = body.decode("utf-8", "strict").strip()
        if not text:
            raise Refusal(5)
        decoder, at, number = json.JSONDecoder(parse_constant=refuse), 0, 0
        while at < len(text):
            try:
                envelope, at = decoder.raw_decode(text, at)
            except ValueError:
                raise Refusal(6, number)
            while at < len(text) and text[at] in " \t\r\n":
                at += 1
            self.check(envelope, number)
            self.server.events.append(envelope)
            number += 1

    def check(self, envelope, number):
        if not isinstance(envelope, dict):
            raise Refusal(6, number)
        if "event" not in envelope:
            raise Refusal(12, number)
        if envelope["event"] in ("", None):
            raise Refusal(13, number)
        for key in ("host", "source", "sourcetype", "index"):
            if key in envelope and not isinstance(envelope[key], str):
                raise Refusal(6, number)
        moment = envelope.get("time", 0)
        if isinstance(moment, bool) or not re.fullmatch(r"\d+(\.\d+)?", str(moment)):
            raise Refusal(6, number)
        if "index" in envelope and envelope["index"] not in self.server.arguments.indices.split(","):
            raise Refusal(7, number)


class Server(fixture.Server):
    handler = Handler

    def __init__(self, arguments):
        super().__init__(arguments)
        self.events = []
        self.acks = []

    def state(self):
        return dict(super().state(), events=self.events)


if __name__ == "__main__":
    parser = fixture.arguments()
    parser.add_argument("--token", default="11111111-2222-3333-4444-555555555555")
    parser.add_argument("--indices", default="main")
    parser.add_argument("--ack-delay", type=int, help="the token has acknowledgement, told after so many questions")
    fixture.run(Server(parser.parse_args()))
