# SPDX-License-Identifier: Apache-2.0
"""The process around it: interpreter exit, fork, memory, several threads."""

import gc
import multiprocessing
import os
import sys
import threading
import time
import unittest

from stoq import StoqException

from support import Case

ENDLESS = '''
    import sys, threading
    from stoq import Stoq
    s = Stoq(plugin_dir_list=[sys.argv[2]], log_dir=None, always_dispatch=['hash', {worker}])
    began = threading.Event()
    def work():
        while True:
            s.scan(b'x' * 100_000)
            began.set()
    for _ in range(3):
        threading.Thread(target=work, daemon=True).start()
    began.wait()
    print('done')
    '''


def resident() -> int:
    with open('/proc/self/statm', encoding='ascii') as f:
        return int(f.read().split()[1]) * os.sysconf('SC_PAGESIZE')


class Process(Case):
    def test_exit_during_scans(self) -> None:
        self.worker('quick', 'return WorkerResponse({})')
        for worker in ('', "'quick'"):
            done = self.python(ENDLESS.format(worker=worker))
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, 'done\n', ''))

    def test_exit_while_a_plugin_hangs(self) -> None:
        self.worker('hang', '''
            self.began.set()
            while True: pass''')
        done = self.python('''
            import sys, threading
            from stoq import Stoq
            s = Stoq(plugin_dir_list=[sys.argv[2]], log_dir=None, log_level='critical')
            began = s.load_plugin('hang').began = threading.Event()
            threading.Thread(target=s.scan, args=(b'',),
                             kwargs={'add_start_dispatch': ['hang']}, daemon=True).start()
            began.wait()
            print('done')
            ''')
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, 'done\n', ''))

    def test_exit_during_runs(self) -> None:
        self.plugin('endless', '''
            from stoq.data_classes import Payload
            from stoq.plugins import ProviderPlugin
            class Endless(ProviderPlugin):
                def ingest(self, queue):
                    while True:
                        queue.put(Payload(b'again'))
            ''')
        self.plugin('endless3', '''
            from stoq.data_classes import Payload
            from stoq.plugins import ProviderPlugin
            class Endless(ProviderPlugin):
                async def ingest(self, queue):
                    while True:
                        await queue.put(Payload(b'again'))
            ''')
        self.plugin('count', '''
            from stoq.plugins import ConnectorPlugin
            class Count(ConnectorPlugin):
                def save(self, response):
                    self.saved.set()
            ''')
        for provider in ('endless', 'endless3'):
            done = self.python(f'''
                import sys, threading
                from stoq import Stoq
                s = Stoq(plugin_dir_list=[sys.argv[2]], log_dir=None, log_level='warning',
                         providers=['{provider}'], connectors=['count'], always_dispatch=['hash'])
                saved = s.load_plugin('count').saved = threading.Event()
                threading.Thread(target=s.run, daemon=True).start()
                saved.wait()
                print('done')
                ''')
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, 'done\n', ''), provider)

    def test_fork_during_scans(self) -> None:
        self.worker('w', 'return WorkerResponse({"size": payload.size})')
        done = self.python('''
            import os, sys, threading
            from stoq import Stoq, StoqException
            def made():
                return Stoq(plugin_dir_list=[sys.argv[2]], log_dir=None, log_level='warning',
                            always_dispatch=['hash', 'w', 'mimetype'])
            s = made()
            enough = threading.Event()
            def work():
                while not enough.is_set():
                    assert not s.scan(b'x' * 10_000).errors
            scans = threading.Thread(target=work)
            scans.start()
            for i in range(10):
                child = os.fork()
                if child == 0:
                    try:
                        s.scan(b'')
                        sys.exit(9)
                    except StoqException:
                        sys.exit(1 if made().scan(b'own').errors else 0)
                assert os.waitpid(child, 0)[1] == 0
            enough.set()
            scans.join()
            print('done')
            ''')
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, 'done\n', ''))

    def test_the_interpreter_is_free_during_a_native_scan(self) -> None:
        s = self.stoq(always_dispatch=['hash'])
        scan = threading.Thread(target=s.scan, args=(bytes(128 << 20),))
        scan.start()
        turns = 0
        while scan.is_alive():
            time.sleep(0.001)
            turns += 1
        self.assertGreater(turns, 20)

    def test_fork(self) -> None:
        self.worker('w', 'return WorkerResponse({"size": payload.size})')
        s = self.stoq(always_dispatch=['w', 'hash'])
        s.scan(b'parent')
        context = multiprocessing.get_context('fork')
        queue = context.Queue()

        def child() -> None:
            try:
                s.scan(b'child')
                queue.put('no error')
            except StoqException as e:
                queue.put(str(e))
            own = self.stoq(always_dispatch=['w', 'hash'])
            queue.put(own.scan(b'child').results[0].workers[0]['w'])
        process = context.Process(target=child)
        process.start()
        self.assertEqual(queue.get(timeout=60),
                         'this Stoq was made before the process forked, and its threads and hosts '
                         'stayed with the parent: make one in the child')
        self.assertEqual(queue.get(timeout=60), {'size': 5})
        process.join()
        self.assertEqual(process.exitcode, 0)
        self.assertEqual(s.scan(b'still').errors, {})

    def test_memory_and_references_stay_flat(self) -> None:
        self.worker('w', '''
            payload.payload_meta.extra_data['n'] = 1
            return WorkerResponse({"size": len(payload.content)}, [ExtractedPayload(b'child')]
                                  if payload.extracted_from is None else None)''')
        self.plugin('all_others', '''
            from stoq.data_classes import *
            from stoq.plugins import *
            class Others(DispatcherPlugin, ArchiverPlugin, DecoratorPlugin, ConnectorPlugin):
                async def get_dispatches(self, payload, request):
                    request.request_meta.extra_data['n'] = 1
                    return DispatcherResponse(['w'], {'w': {'content': memoryview(payload)[:4]}})
                async def archive(self, payload, request):
                    return ArchiverResponse({'size': len(memoryview(payload))})
                async def decorate(self, response):
                    return DecoratorResponse({'payloads': len(response.results)})
                async def save(self, response):
                    self.saved = response
            ''')
        others = ['all_others']
        s = self.stoq(always_dispatch=['hash'], dispatchers=others, dest_archivers=others,
                      decorators=others, connectors=others)
        plugins = [s.load_plugin(name) for name in ('w', 'all_others')]

        def scans(count: int) -> None:
            for i in range(count):
                r = s.scan(b'content %d' % i)
                assert r.results[1].workers[0]['w']['size'] == 5
                if i % 10 == 0:
                    str(r)
        scans(500)
        gc.collect()
        memory, objects = resident(), len(gc.get_objects())
        counts = [sys.getrefcount(x) for x in (s, *plugins)]
        none = sys.getrefcount(None)
        scans(int(os.environ.get('STOQ_TEST_SCANS', '3000')))
        gc.collect()
        self.assertLess(len(gc.get_objects()) - objects, 200)
        self.assertLess(abs(sys.getrefcount(None) - none), 500)
        self.assertEqual([sys.getrefcount(x) for x in (s, *plugins)], counts)
        self.assertLess(resident() - memory, 8 << 20)


if __name__ == '__main__':
    unittest.main()
