# SPDX-License-Identifier: Apache-2.0
"""Using providers: providers.py SOURCE_DIR RESULTS_DIR BASE_DIR [PLUGIN_DIRECTORY...]

Every file that arrives in SOURCE_DIR is scanned as rules of the yara dispatcher say, and its results
are saved in RESULTS_DIR. Ctrl-C ends it in good order.
"""

import sys

from stoq import Stoq

source_dir, results_dir, base_dir, *plugin_dirs = sys.argv[1:]
always_dispatch = ['hash']
providers = ['dirmon']
connectors = ['filedir']
dispatchers = ['yara']
plugin_opts = {
    'dirmon': {'source_dir': source_dir},
    'filedir': {'results_dir': results_dir}
}

s = Stoq(
    base_dir=base_dir,
    plugin_dir_list=plugin_dirs,
    dispatchers=dispatchers,
    providers=providers,
    connectors=connectors,
    plugin_opts=plugin_opts,
    always_dispatch=always_dispatch
)
try:
    s.run()
except KeyboardInterrupt:
    pass
