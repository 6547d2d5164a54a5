# SPDX-License-Identifier: Apache-2.0
"""What calls from and into Python take: python_calls.py PACKAGE_DIR BASE_DIR NAME prints one number, in microseconds."""

import os
import statistics
import sys
import threading
import time

PACKAGE_DIR, BASE_DIR, NAME = sys.argv[1:]
sys.path.insert(0, PACKAGE_DIR)

from stoq import Stoq  # noqa: E402
from stoq.helpers import StoqConfigParser  # noqa: E402
from stoq.plugins import WorkerPlugin  # noqa: E402


class Idle(WorkerPlugin):
    def scan(self, payload, request_meta):
        return None


class Reader(WorkerPlugin):
    def scan(self, payload, request_meta):
        begin = time.perf_counter()
        view = memoryview(payload)
        ends = view[0], view[-1]
        self.seconds.append(time.perf_counter() - begin)
        if (len(view), *ends) != self.expected:
            raise ValueError('the view shows something else')
        return None


def stoq_with(plugin):
    """A Stoq whose one worker is that object."""
    s = Stoq(base_dir=BASE_DIR, log_dir=None, log_level='error')
    s.add_plugin('mine', plugin)
    s.always_dispatch = ['mine']
    return s


def stoq_of(*workers):
    return Stoq(base_dir=BASE_DIR, log_dir=None, log_level='error', always_dispatch=list(workers))


def made(cls):
    config = StoqConfigParser()
    config.read_string('[Core]\nName = mine\nModule = mine\n')
    return cls(config)


def checked(s, content, *workers):
    """The same Stoq, after a scan that did what it should."""
    response = s.scan(content)
    if response.errors or response.results[0].plugins_run['workers'] != [list(workers)]:
        raise RuntimeError(f'the scan went wrong: {response}')
    return s


def call(s, *workers):
    """The median of a scan of 1 KiB."""
    content, clock, times = os.urandom(1 << 10), time.perf_counter, []
    scan = checked(s, content, *workers).scan
    for _ in range(2000):
        begin = clock()
        scan(content)
        times.append(clock() - begin)
    return statistics.median(times)


def view(size):
    """The median of a look at both ends of a payload."""
    content, reader = os.urandom(size), made(Reader)
    reader.seconds, reader.expected = [], (size, content[0], content[-1])
    s = checked(stoq_with(reader), content, 'mine')
    for _ in range(15):
        s.scan(content)
    return statistics.median(reader.seconds)


def by_threads(count):
    """The time for a scan of 256 KiB by that many threads together."""
    content, scans = os.urandom(256 << 10), 600
    s = checked(stoq_of('hash'), content, 'hash')

    def work():
        for _ in range(scans):
            s.scan(content)
    running = [threading.Thread(target=work) for _ in range(count)]
    begin = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return (time.perf_counter() - begin) / (scans * count)


MEASURES = {'scan': lambda: call(stoq_of('hash'), 'hash'),
            'bare': lambda: call(stoq_of()),
            'idle': lambda: call(stoq_with(made(Idle)), 'mine'),
            'large view': lambda: view(10 << 20),
            'small view': lambda: view(1 << 10),
            'one thread': lambda: by_threads(1),
            'two threads': lambda: by_threads(2)}

print(MEASURES[NAME]() * 1e6)
