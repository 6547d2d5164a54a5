# SPDX-License-Identifier: Apache-2.0
import builtins
import ctypes
import json
import logging
import os
import signal
import sys
import threading
import time

from stoq.data_classes import ExtractedPayload, WorkerResponse
from stoq.plugins import WorkerPlugin


class Unspeakable(Exception):
    def __str__(self):
        raise ValueError('no words')


class Deeds(WorkerPlugin):
    def __init__(self, config, plugin_opts):
        super().__init__(config, plugin_opts)
        self.calls = 0

    def scan(self, payload, request_meta):
        self.calls += 1
        self.payload, self.request_meta = payload, request_meta
        deed = payload.content.decode().split(' #')[0].replace(' ', '_')
        answer = getattr(self, 'do_' + deed)()
        return answer if answer is not None else WorkerResponse({'did': deed})

    def do_many_metas(self):
        for n in range(1500):
            self.payload.dispatch_meta[f'dispatcher {n}'] = {'n': n}

    def do_large_request_meta(self):
        self.request_meta.extra_data['large'] = 'y' * 9000
        return WorkerResponse('z' * 12000)

    def do_exit(self):
        sys.exit(7)

    def do_hard_exit(self):
        os._exit(3)

    def do_interrupt(self):
        raise KeyboardInterrupt('stop')

    def do_loop(self):
        while True:
            pass

    def do_sleep(self):
        time.sleep(1000)

    def do_segfault(self):
        ctypes.string_at(0)

    def do_abort(self):
        os.abort()

    def do_signal_itself(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    def do_large_result(self):
        return WorkerResponse({'large': 'x' * (64 << 20)})

    def do_gigabyte_result(self):
        return WorkerResponse({'large': 'x' * (1 << 30)})

    def do_take_memory(self):
        kept = []
        while True:
            kept.append(bytearray(16 << 20))

    def do_deep_result(self):
        deep = []
        for _ in range(100_000):
            deep = [deep]
        return WorkerResponse({'deep': deep})

    def do_circular_result(self):
        circle = {}
        circle['circle'] = circle
        return WorkerResponse(circle)

    def do_recursion(self):
        return self.do_recursion()

    def do_object_result(self):
        return WorkerResponse({'key': {b'bytes': 1}})

    def do_half_pairs(self):
        """As names of files have them that are no UTF-8."""
        name = os.fsdecode(b'n\x80')
        return WorkerResponse({name: name}, errors=[name], extracted=[ExtractedPayload(b'count', {'filename': name})])

    def do_half_pairs_raised(self):
        raise ValueError(os.fsdecode(b'n\x80'))

    def do_wrong_answer(self):
        return 42

    def do_wrong_extraction(self):
        return WorkerResponse({'kept': True}, extracted=ExtractedPayload(b'count'))

    def do_unspeakable(self):
        raise Unspeakable()

    def do_leave_threads(self):
        def work():
            while True:
                time.sleep(0.005)

        for daemon in (True, False):
            threading.Thread(target=work, daemon=daemon).start()
        return WorkerResponse({'threads': threading.active_count()})

    def do_talk_later(self):
        def work():
            time.sleep(0.01)
            print('said by a thread')

        threading.Thread(target=work).start()

    def do_patch(self):
        json.dumps = json.loads = json.JSONEncoder = None
        os.getpid = lambda: 1
        logging.Logger.error = None
        builtins.len = lambda x: 0
        sys.stdout = sys.stderr = None
        return WorkerResponse({'patched': True})

    def do_fork(self):
        if os.fork() == 0:
            return WorkerResponse({'who': 'child'})
        os.wait()
        return WorkerResponse({'who': 'parent'})

    def do_close_everything(self):
        os.closerange(0, 1000)

    def do_write_file(self):
        open('/var/tmp/stoq-python-test', 'w')

    def do_use_tmp(self):
        import tempfile
        with tempfile.NamedTemporaryFile('w+') as f:
            f.write('words')
            f.flush()
            place = os.path.dirname(f.name)
        return WorkerResponse({'own': place == os.environ['TMPDIR']})

    def do_write_tmp(self):
        with open(os.path.join(os.environ['TMPDIR'], 'left'), 'w') as f:
            f.write('over')

    def do_look_around(self):
        return WorkerResponse({'environment': sorted(os.environ), 'argv': sys.argv, 'home': os.environ.get('HOME')})

    def do_count(self):
        return WorkerResponse({'calls': self.calls})

    def do_slow_count(self):
        time.sleep(0.1)
        return self.do_count()

    def do_half_a_line(self):
        print('half a line', end='')
        os.write(1, b'not for the log\n')

    def do_fail_after_print(self):
        print('before the end')
        raise RuntimeError('after the print')
