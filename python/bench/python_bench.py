# SPDX-License-Identifier: Apache-2.0
"""What Python costs on top of the engine: python_bench.py [--seconds N]; prints a JSON list of rows."""

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time

from stoq import Stoq
from stoq.helpers import StoqConfigParser
from stoq.plugins import WorkerPlugin


class Idle(WorkerPlugin):
    def scan(self, payload, request_meta):
        return None


class Reader(WorkerPlugin):
    def scan(self, payload, request_meta):
        begin = time.perf_counter()
        view = memoryview(payload)
        view.release()
        self.seconds.append(time.perf_counter() - begin)
        return None


def plugin(cls, name):
    config = StoqConfigParser()
    config.read_string(f'[Core]\nName = {name}\nModule = {name}\n')
    return cls(config)


def per_call(function, seconds):
    """The median time of a call, over batches."""
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        for _ in range(200):
            function()
        times.append((time.perf_counter() - begin) / 200)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seconds', type=float, default=1)
    seconds = parser.parse_args().seconds
    rows = []

    def row(workload, ours, floor, unit, threads=1):
        rows.append({'workload': workload, 'ours': ours, 'floor': floor,
                     'ratio': ours / floor if floor else None, 'unit': unit, 'threads': threads})

    with tempfile.TemporaryDirectory() as base:
        s = Stoq(base_dir=base, log_dir=None, log_level='error', always_dispatch=['hash'])
        small, middle = os.urandom(1024), os.urandom(256 << 10)
        row('python: scan, 1 KiB, hash', per_call(lambda: s.scan(small), seconds) * 1e6, None,
            'us/scan')
        bare = Stoq(base_dir=base, log_dir=None, log_level='error')
        without = per_call(lambda: bare.scan(small), seconds)
        live = Stoq(base_dir=base, log_dir=None, log_level='error')
        live.add_plugin('idle', plugin(Idle, 'idle'))
        live.always_dispatch = ['idle']
        row('python: a worker that does nothing', (per_call(lambda: live.scan(small), seconds)
                                                   - without) * 1e6, None, 'us/call')
        reader = plugin(Reader, 'reader')
        reader.seconds = []
        live.add_plugin('reader', reader)
        live.always_dispatch = ['reader']
        large = bytes(10 << 20)
        for _ in range(5):
            live.scan(large)
        row('python: memoryview of 10 MiB', statistics.median(reader.seconds) * 1e6, None, 'us')

        def scans(threads):
            counts, stop = [0] * threads, threading.Event()

            def work(at):
                while not stop.is_set():
                    s.scan(middle)
                    counts[at] += 1
            running = [threading.Thread(target=work, args=(at,)) for at in range(threads)]
            begin = time.perf_counter()
            for thread in running:
                thread.start()
            time.sleep(seconds)
            stop.set()
            for thread in running:
                thread.join()
            return sum(counts) / (time.perf_counter() - begin)
        one = scans(1)
        row('python: scans of 256 KiB, two threads over one', scans(2), one, 'scans/s', 2)
    json.dump(rows, sys.stdout, indent=2)
    print()


if __name__ == '__main__':
    main()
