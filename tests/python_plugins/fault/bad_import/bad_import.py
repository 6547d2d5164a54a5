# SPDX-License-Identifier: Apache-2.0
import a_module_that_is_nowhere

from stoq.plugins import WorkerPlugin


class BadImport(WorkerPlugin):
    def scan(self, payload, request_meta):
        return a_module_that_is_nowhere.look(payload)
