# SPDX-License-Identifier: Apache-2.0
"""Individual scan: individual_scan.py FILE [PLUGIN_DIRECTORY...]"""

import sys

from stoq import Stoq

workers = ['hash', 'exif']
s = Stoq(plugin_dir_list=sys.argv[2:], always_dispatch=workers)

src = sys.argv[1]
with open(src, 'rb') as src_payload:
    meta = {'filename': src}
    results = s.scan(content=src_payload.read(), payload_meta=meta)
print(results)
