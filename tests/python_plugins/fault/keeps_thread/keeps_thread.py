# SPDX-License-Identifier: Apache-2.0
import queue
import threading

from stoq.data_classes import WorkerResponse
from stoq.plugins import WorkerPlugin


class KeepsThread(WorkerPlugin):
    def __init__(self, config, plugin_opts):
        super().__init__(config, plugin_opts)
        self.questions, self.answers = queue.Queue(), queue.Queue()
        threading.Thread(target=self.work, daemon=True).start()

    def work(self):
        while True:
            self.answers.put(len(self.questions.get()))

    def scan(self, payload, request_meta):
        self.questions.put(payload.content)
        return WorkerResponse({'length': self.answers.get(timeout=10)})
