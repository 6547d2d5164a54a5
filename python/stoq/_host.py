# SPDX-License-Identifier: Apache-2.0
"""Python as it is in a host process of stoQ: prints and log records go to the engine's log."""

import atexit
import gc
import io
import logging
import os
import site
import sys
import tempfile
import threading

import _stoq_host

from stoq import _intake

_LONGEST = 16 * 1024  # characters of a line that has no end
_VIRTUAL_ENVIRONMENT = '.venv'


class _Lines(io.RawIOBase):
    """A stream whose lines go to the log."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self._level = level
        self._rest = bytearray()
        self._lock = threading.RLock()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        with self._lock:
            self._rest += data
            *lines, rest = self._rest.split(b'\n')
            self._rest = bytearray(rest)
            for line in lines:
                self._log(line)
            if len(self._rest) > _LONGEST:
                self.flush_rest()
        return len(data)

    def flush_rest(self) -> None:
        with self._lock:
            rest, self._rest = self._rest, bytearray()
            if rest:
                self._log(rest)

    def _log(self, line) -> None:
        text = line.decode('utf-8', 'backslashreplace').rstrip('\r')
        if text:
            _stoq_host.log(self._level, text)


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
        except Exception as error:  # a record whose arguments do not fit its text
            text = f'{record.msg!r} ({type(error).__name__}: {error})'
        if record.name != 'stoq' and not record.name.startswith('stoq.'):
            text = f'{record.name}: {text}'
        for line in text.splitlines():
            if line:
                _stoq_host.log(record.levelno, line)


_streams = (_Lines(logging.INFO), _Lines(logging.WARNING))


def begin() -> None:
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(lines, 'utf-8', 'backslashreplace', write_through=True)
        for lines in _streams
    )
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
    logging.getLogger().addHandler(_Handler())
    logging.raiseExceptions = False
    _intake.begin()


def level(number: int) -> None:
    """Less than this is not kept."""
    logging.getLogger('stoq').setLevel(number)


def flush() -> None:
    for lines in _streams:
        if lines._rest:
            lines.flush_rest()


def add_packages_of(folder: str) -> None:
    """The packages that were installed for the plugin in that folder come before all others."""
    version = f'python{sys.version_info[0]}.{sys.version_info[1]}'
    packages = os.path.join(folder, _VIRTUAL_ENVIRONMENT, 'lib', version, 'site-packages')
    if os.path.isdir(packages):
        before = list(sys.path)
        site.addsitedir(packages)
        added = [path for path in sys.path if path not in before]
        sys.path[:] = added + before


def take_environment() -> None:
    now = _stoq_host.environment()
    for name in set(os.environb) - set(now):
        del os.environb[name]
    for name, value in now.items():
        if os.environb.get(name) != value:
            os.environb[name] = value
    tempfile.tempdir = None


def wind_up() -> None:
    """What Python does when a program ends."""
    atexit._run_exitfuncs()
    gc.unfreeze()
    gc.collect()
    flush()
