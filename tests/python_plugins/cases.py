# SPDX-License-Identifier: Apache-2.0
"""What the plugins of this folder are asked, and what comes out (golden/NAME.json): the same inside a Python program as under the
command.

A case is one scan: `content` as a file called `sample`, `stoq` what Stoq(...) is given, `scan` what its scan(...) is given, `config` a
stoq.cfg. `{dir}` in options and configuration is a directory of its own, whose files afterwards, but for the sample and stoq.cfg, are
part of what comes out.
"""
import json
import os
import re
from typing import Any, Dict, List, NamedTuple
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, 'golden')
UUID = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}')


class Case(NamedTuple):
    name: str
    content: bytes
    stoq: Dict[str, Any]
    scan: Dict[str, Any] = {}
    config: str = ''


def _moods(plugin: str, *moods: str) -> List[Case]:
    return [Case(f'{plugin}-{mood.replace(" ", "-")}', mood.encode(), {'always_dispatch': [plugin]})
            for mood in moods]


TEXT = b'one short\x00two is longer than six\x01' + 'wide text'.encode('utf-16-le') + b'\xff'
NESTED = b'carve <<first part>> and <<carve <<inner>> part>> and << no end'
STREAMS = (b'..' + zlib.compress(b'first stream ' * 5) + b'x\x9cbroken' +
           zlib.compress(b'\x78\x9c is how they begin')[:12])

CASES = [
    # options: .stoq, stoq.cfg over it, arguments over both
    Case('options-stoq', TEXT, {'always_dispatch': ['ascii_strings']}),
    Case('options-config', TEXT, {'always_dispatch': ['ascii_strings', 'byte_stats']},
         config='[ascii_strings]\nmin_length = 3\nmax_count = 2\nwith_offsets = yes\n'
                '[byte_stats]\ntop = 1\nbuckets = {"high": [128, 255], "low": [0, 31]}\nignore = 00, ff\n'),
    Case('options-arguments', TEXT,
         {'always_dispatch': ['ascii_strings', 'byte_stats'],
          'plugin_opts': {'ascii_strings': {'min_length': '5', 'with_offsets': True},
                          'byte_stats': {'top': '2'}}},
         config='[ascii_strings]\nmin_length = 3\nencodings = ascii\n[byte_stats]\ntop = 1\n'),
    Case('byte-stats', TEXT, {'always_dispatch': ['byte_stats']}),

    # extraction
    Case('carve', NESTED, {'always_dispatch': ['marker_carve']}),
    Case('carve-nothing', b'no marker here', {'always_dispatch': ['marker_carve']}),
    Case('carve-deep', NESTED, {'always_dispatch': ['marker_carve'], 'max_recursion': 1}),
    Case('streams', STREAMS, {'always_dispatch': ['zlib_streams']},
         config='[zlib_streams]\nmax_size = 40\nalways_dispatch = byte_stats, ascii_strings\n'),

    # what goes wrong
    *_moods('grumpy', 'plugin exception', 'deep exception', 'lookup', 'none', 'nothing found', 'errors',
            'print', 'bytes', 'fine'),
    *_moods('moody', 'plugin exception', 'deep exception', 'in a task', 'none', 'nothing found', 'errors',
            'error of the request', 'timeout', 'fine'),
    Case('others-go-on', b'lookup', {'always_dispatch': ['grumpy', 'moody', 'byte_stats', 'no_such_plugin']}),

    # meta
    Case('meta', b'a secret <<part>> of it', {'always_dispatch': ['case_tagger', 'marker_carve', 'labeller'],
                                             'plugin_opts': {'case_tagger': {'case': 'C-17'}}},
         {'request_meta': {'source': 'a test', 'extra_data': {'ticket': '4711'}}}),
    Case('meta-archived', b'private <<part>>', {'always_dispatch': ['labeller', 'marker_carve'],
                                               'dest_archivers': ['disk_vault', 'async_vault'],
                                               'plugin_opts': {'disk_vault': {'archive_dir': '{dir}/vault'},
                                                               'async_vault': {'archive_dir': '{dir}/other'}}},
         config='[marker_carve]\ndispatch_to = case_tagger\n'),

    # dispatching
    Case('dispatch', b'hello, carve <<this>>', {'dispatchers': ['keyword_router']}),
    Case('dispatch-errors', b'trouble: hello', {'dispatchers': ['keyword_router']}),
    Case('dispatch-raises', b'panic: hello', {'dispatchers': ['keyword_router'], 'always_dispatch': ['byte_stats']}),
    Case('dispatch-v3', b'MZ hello', {'dispatchers': ['prefix_gate', 'keyword_router']},
         config='[prefix_gate]\nprefixes = {"MZ": ["prefix_gate", "byte_stats"], "PK": ["moody"]}\n'),
    Case('dispatch-v3-errors', b'? hello', {'dispatchers': ['prefix_gate']}),
    Case('start-dispatch', b'carve <<this long text>>', {}, {'add_start_dispatch': ['marker_carve']}),
    Case('deep-dispatch', b'look at me again', {'always_dispatch': ['case_tagger'], 'deep_dispatchers': ['second_look']}),
    Case('next-round', b'then:byte_stats then:no_such_worker', {'always_dispatch': ['next_step']}),
    Case('required', b'mostly text \x00', {'always_dispatch': ['byte_verdict', 'byte_stats']}),
    Case('required-alone', b'mostly text \x00', {'always_dispatch': ['byte_verdict']},
         config='[byte_verdict]\nthreshold = 0.99\n'),

    # one object for many roles, with whatever they may give
    Case('many-roles', b'cut this', {'dispatchers': ['swiss_knife'], 'deep_dispatchers': ['swiss_knife'],
                                    'dest_archivers': ['swiss_knife'], 'decorators': ['swiss_knife'],
                                    'plugin_opts': {'swiss_knife': {'thorough': False}}}),

    # what is made of responses
    Case('decorated', NESTED, {'always_dispatch': ['marker_carve', 'grumpy'], 'decorators': ['counters', 'journal']},
         {'request_meta': {'source': 'a test'}}),
    Case('saved', b'<<part>>', {'always_dispatch': ['marker_carve'], 'connectors': ['json_lines', 'journal'],
                               'decorators': ['journal'],
                               'plugin_opts': {'json_lines': {'results_file': '{dir}/results.jsonl'},
                                               'journal': {'journal_file': '{dir}/journal.txt'}}}),
    Case('not-saved', b'<<part>>', {'always_dispatch': ['marker_carve'], 'connectors': ['journal', 'json_lines'],
                                   'plugin_opts': {'json_lines': {'results_file': '{dir}/results.jsonl'},
                                                   'journal': {'journal_file': '{dir}/journal.txt'}}}),
    Case('archived', b'public <<part>>', {'always_dispatch': ['byte_stats'], 'dest_archivers': ['disk_vault', 'async_vault'],
                                         'plugin_opts': {'disk_vault': {'archive_dir': '{dir}/vault'},
                                                         'async_vault': {'archive_dir': '{dir}/other'}}}),
    Case('archive-raises', b'refuse this', {'dest_archivers': ['async_vault', 'disk_vault'],
                                          'plugin_opts': {'disk_vault': {'archive_dir': '{dir}/vault'},
                                                          'async_vault': {'archive_dir': '{dir}/other'}}}),
]


def filled(value: Any, directory: str) -> Any:
    """`{dir}` in every text of it replaced."""
    if isinstance(value, dict):
        return {key: filled(inner, directory) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, directory) for inner in value]
    return value.replace('{dir}', directory) if isinstance(value, str) else value


def stable(text: str, directory: str) -> str:
    """Without what differs from run to run: ids by their order, times, directories."""
    ids: Dict[str, str] = {}
    text = UUID.sub(lambda m: ids.setdefault(m.group(0), f'(id {len(ids)})'), text)
    text = re.sub(r'(\\?"time\\?": \\?")[^"\\]*', r'\1(time)', text)
    return text.replace(directory, '(dir)').replace(HERE, '(plugins)')


def outcome(case: Case, response: str, directory: str) -> str:
    """What came out of a case, as golden/NAME.json holds it. `response`: its JSON text; not looked at
    where there are connectors, for the command does not print it then."""
    files = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            inner = os.path.relpath(path, directory)
            if inner in ('sample', 'stoq.cfg') or inner.split(os.sep)[0] in ('home', 'logs', 'spool'):
                continue
            with open(path, encoding='utf-8', errors='backslashreplace') as file:
                files[inner] = file.read()
    shown = None if 'connectors' in case.stoq else json.loads(response)
    document = {'response': shown, 'files': dict(sorted(files.items()))}
    return stable(json.dumps(document, indent=1, ensure_ascii=False), directory) + '\n'
