# SPDX-License-Identifier: Apache-2.0
"""Manual interaction: manual_interaction.py FILE RESULTS_DIR"""

import os
import sys

from stoq import Stoq
from stoq.data_classes import Payload, PayloadMeta

filename, results_dir = sys.argv[1:]
s = Stoq(plugin_opts={'filedir': {'results_dir': results_dir}})
plugin = s.load_plugin('yara')
print(plugin)

with open(filename, 'rb') as src:
    meta = PayloadMeta(
        extra_data={
            'filename': os.path.basename(filename),
            'source_dir': os.path.dirname(filename),
        }
    )
    payload = Payload(src.read(), meta)

start_dispatch = ['yara']
results = s.scan('raw bytes', add_start_dispatch=start_dispatch)
print(results.results[0].size, 'bytes')

results = s.scan_payload(payload, add_start_dispatch=start_dispatch)
connector = s.load_plugin('filedir')
connector.save(results)

results = s.scan_payload(payload, add_start_dispatch=['hash', 'yara'])
for part in results.split():
    print(part.results[0].workers)
