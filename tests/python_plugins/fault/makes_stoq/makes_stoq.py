# SPDX-License-Identifier: Apache-2.0
from stoq import *
from stoq.core import Stoq
from stoq.plugins import *


class MakesStoq(WorkerPlugin):
    def scan(self, payload, request_meta):
        try:
            Stoq()
        except StoqException as e:
            return WorkerResponse({'refused': str(e)})
