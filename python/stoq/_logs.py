# SPDX-License-Identifier: Apache-2.0
"""The logger `stoq`: its handlers, and the engine's records."""

import json
import logging
import os
import sys
import threading
from logging.handlers import RotatingFileHandler
from typing import Any, Dict, Optional

_lock = threading.Lock()
_files: Dict[str, Any] = {}  # path: (handler, how many Stoq objects write there)
_stderr: Optional[logging.Handler] = None


def emit(name: str, level: int, message: str, file: str, line: int, created: float) -> None:
    """A record of the engine."""
    logger = logging.getLogger(name)
    if not logger.isEnabledFor(level):
        return
    record = logger.makeRecord(name, level, file, line, message, (), None)
    record.created, record.msecs = created, (created - int(created)) * 1000
    logger.handle(record)


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to what is standard error when it writes."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr


class _JsonFormatter(logging.Formatter):
    def __init__(self, with_place: bool) -> None:
        super().__init__(datefmt='%Y-%m-%d %H:%M:%S' if with_place else None)
        self._with_place = with_place

    def format(self, record: logging.LogRecord) -> str:
        members: Dict[str, Any] = {'asctime': self.formatTime(record, self.datefmt),
                                   'levelname': record.levelname, 'name': record.name,
                                   'message': record.getMessage()}
        if self._with_place:
            members.update(filename=record.filename, funcName=record.funcName,
                           lineno=record.lineno)
        if record.exc_info:
            members['exc_info'] = self.formatException(record.exc_info)
        return json.dumps(members, ensure_ascii=False)


def _formatter(syntax: str, with_place: bool) -> logging.Formatter:
    if syntax == 'json':
        return _JsonFormatter(with_place)
    if with_place:
        return logging.Formatter(
            '%(asctime)s %(levelname)s %(name)s:%(filename)s:%(funcName)s:%(lineno)s: %(message)s',
            '%Y-%m-%d %H:%M:%S')
    return logging.Formatter('[%(asctime)s %(levelname)s] %(name)s: %(message)s')


def open_log(settings: Dict[str, Any]) -> Optional[str]:
    """Standard error and, in log_dir, a file: each once, however many Stoq objects there are. The
    file's path, for close_log; None without one."""
    global _stderr
    logger = logging.getLogger('stoq')
    with _lock:
        logger.setLevel(settings['log_level'])
        if _stderr is None:
            _stderr = _Stderr()
            logger.addHandler(_stderr)
        _stderr.setFormatter(_formatter(settings['log_syntax'], False))
        log_dir = settings['log_dir']
        if not log_dir:
            return None
        os.makedirs(log_dir, exist_ok=True)
        path = os.path.abspath(os.path.join(log_dir, 'stoq.log'))
        handler, users = _files.get(path, (None, 0))
        if handler is None:
            handler = RotatingFileHandler(path, maxBytes=settings['log_maxbytes'],
                                          backupCount=settings['log_backup_count'],
                                          encoding='utf-8')
            logger.addHandler(handler)
        handler.setFormatter(_formatter(settings['log_syntax'], True))
        _files[path] = (handler, users + 1)
    logger.debug('Writing logs to %s', log_dir)
    return path


def close_log(path: Optional[str]) -> None:
    """Closes the file when no other Stoq writes there."""
    with _lock:
        handler, users = _files.get(path or '', (None, 0))
        if handler is None:
            return
        if users > 1:
            _files[path or ''] = (handler, users - 1)
            return
        del _files[path or '']
        logging.getLogger('stoq').removeHandler(handler)
        handler.close()
