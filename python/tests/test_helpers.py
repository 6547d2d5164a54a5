# SPDX-License-Identifier: Apache-2.0
"""dumps, configuration, digests, texts of exceptions, spacing of calls."""

import datetime
import hashlib
import json
import time
import unittest

from stoq.helpers import (StoqConfigParser, dumps, format_exc, get_md5, get_sha1, get_sha256,
                          get_sha512, merge_dicts)
from stoq.utils import ratelimited


class Plain:
    def __init__(self) -> None:
        self.a = 1


class Dumps(unittest.TestCase):
    def test_layout(self) -> None:
        self.assertEqual(dumps({'a': [1, {}], 'é': []}),
                         '{\n    "a": [\n        1,\n        {}\n    ],\n    "é": []\n}')
        self.assertEqual(dumps({'a': [1, 2]}, compactly=True), '{"a": [1, 2]}')
        self.assertEqual(dumps({'a': 1}, indent=2), '{\n  "a": 1\n}')

    def test_values(self) -> None:
        def one(value):
            return json.loads(dumps(value, compactly=True))
        self.assertEqual(one(float('nan')), None)
        self.assertEqual(one([1.5, float('inf'), {'x': -float('inf')}]), [1.5, None, {'x': None}])
        self.assertEqual(one({1: 'a', True: 'b', None: 'c'}), {'1': 'b', 'null': 'c'})
        self.assertEqual(one({3, 1, 2}), [1, 2, 3])
        self.assertEqual(one((1, 2)), [1, 2])
        self.assertEqual(one(datetime.datetime(2026, 1, 2, 3, 4, 5)), '2026-01-02 03:04:05')
        self.assertEqual(one(Plain()), {'a': 1})
        self.assertEqual(one([Plain(), float('nan')]), [{'a': 1}, None])
        self.assertEqual(one(ValueError('why')), 'ValueError: why')

    def test_bytes(self) -> None:
        def one(value):
            return json.loads(dumps(value))
        self.assertEqual(one(b''), '')
        self.assertEqual(one('Müller €'.encode()), 'Müller €')
        self.assertEqual(one(b'caf\xe9'), 'café')
        self.assertEqual(one(b'\xff\xfeA\x00'), 'A')
        self.assertEqual(one(b'\xef\xbb\xbfx'), 'x')

    def test_what_cannot_be_written(self) -> None:
        for value in ({b'key': 1}, {(1, 2): 1}, object()):
            with self.assertRaises(TypeError):
                dumps(value)
        circle: list = []
        circle.append(circle)
        with self.assertRaises(ValueError):
            dumps(circle)


class Config(unittest.TestCase):
    def setUp(self) -> None:
        self.config = StoqConfigParser()
        self.config.read_string('[options]\nlist = a, b ,,c\njson = {"x": [1]}\nno = no\n'
                                'percent = %Y-%%m\nempty =\nalone\n')

    def test_getters(self) -> None:
        self.assertEqual(self.config.getlist('options', 'list'), ['a', 'b', 'c'])
        self.assertEqual(self.config.getset('options', 'list'), {'a', 'b', 'c'})
        self.assertEqual(self.config.getjson('options', 'json'), {'x': [1]})
        self.assertFalse(self.config.getboolean('options', 'no'))
        self.assertEqual(self.config.get('options', 'percent'), '%Y-%m')
        self.assertEqual(self.config.getlist('options', 'empty'), [])

    def test_fallbacks(self) -> None:
        self.assertEqual(self.config.getlist('options', 'none', fallback=['x']), ['x'])
        self.assertEqual(self.config.getset('none', 'none', fallback=set()), set())
        self.assertEqual(self.config.getjson('options', 'none', fallback={}), {})

    def test_put(self) -> None:
        for value, text in ((True, 'True'), ('100%', '100%'), ('%%', '%%'), (['a', 'b'], 'a, b'),
                            ({'a': 1}, '{"a": 1}'), (None, '')):
            self.config.put('options', 'x', value)
            self.assertEqual(self.config.get('options', 'x'), text)


class Others(unittest.TestCase):
    def test_digests(self) -> None:
        for function, name in ((get_md5, 'md5'), (get_sha1, 'sha1'), (get_sha256, 'sha256'),
                               (get_sha512, 'sha512')):
            self.assertEqual(function(b'abc'), hashlib.new(name, b'abc').hexdigest())

    def test_format_exc(self) -> None:
        try:
            [][1]
        except IndexError as e:
            text = format_exc(e, 'worker:failed to scan')
        self.assertRegex(text, r'^worker:failed to scan: File ".*test_helpers.py", line \d+, in '
                               r'test_format_exc ; IndexError: list index out of range$')

    def test_merge_dicts(self) -> None:
        self.assertEqual(merge_dicts({'a': ['1'], 'b': ['2']}, {'a': ['3'], 'c': ['4']}),
                         {'a': ['1', '3'], 'b': ['2'], 'c': ['4']})

    def test_ratelimited(self) -> None:
        @ratelimited()
        def function(x):
            return x
        start = time.monotonic()
        self.assertEqual([function(i, ratelimit='50/1') for i in range(4)], [0, 1, 2, 3])
        self.assertGreaterEqual(time.monotonic() - start, 0.059)


if __name__ == '__main__':
    unittest.main()
