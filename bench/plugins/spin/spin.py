# SPDX-License-Identifier: Apache-2.0
"""Nothing but Python's own work, about as much for every payload."""

from stoq.data_classes import WorkerResponse
from stoq.plugins import WorkerPlugin


class Spin(WorkerPlugin):
    def scan(self, payload, request_meta):
        value = len(payload.content)
        for _ in range(400_000):
            value = (value * 1103515245 + 12345) & 0x7fffffff
        return WorkerResponse({'value': value})
