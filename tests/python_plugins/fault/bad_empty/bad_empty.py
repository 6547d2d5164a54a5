# SPDX-License-Identifier: Apache-2.0
from stoq.plugins import WorkerPlugin
