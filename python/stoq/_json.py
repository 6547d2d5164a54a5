# SPDX-License-Identifier: Apache-2.0
"""How Python values become JSON text."""

import datetime
import json
from math import isfinite
from typing import Any, Optional


def text_of(data: bytes) -> str:
    """Bytes as text: by byte order mark, else UTF-8, else Windows-1252 with U+FFFD."""
    for mark, encoding in ((b'\xef\xbb\xbf', 'utf-8'), (b'\xff\xfe\0\0', 'utf-32-le'),
                           (b'\0\0\xfe\xff', 'utf-32-be'), (b'\xff\xfe', 'utf-16-le'),
                           (b'\xfe\xff', 'utf-16-be')):
        if data.startswith(mark):
            return data[len(mark):].decode(encoding, 'replace')
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode('cp1252', 'replace')


def plain(value: Any) -> Any:
    """A value that JSON knows, for one that it does not."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return text_of(bytes(value))
    if isinstance(value, (set, frozenset)):
        try:
            return sorted(value)
        except TypeError:
            return sorted(value, key=lambda item: (type(item).__name__, str(item)))
    if isinstance(value, datetime.datetime):
        return str(value)
    if isinstance(value, BaseException):
        return f'{type(value).__name__}: {value}'
    if hasattr(value, '_as_dict'):
        return value._as_dict()
    if hasattr(value, '__dict__'):
        return vars(value)
    raise TypeError(f'Object of type {type(value).__name__} is not JSON serializable')


def _finite(value: Any) -> Any:
    """The same with null for NaN and the infinities."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if value is None or isinstance(value, (str, int)):
        return value
    return _finite(plain(value))


def _encoder(indent: Optional[int]) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=indent, default=plain)


_compact = _encoder(None)
_indented = _encoder(4)


def characters(text: str) -> str:
    """The same str when all of it is characters; halves of surrogate pairs, which names of files
    bring, become U+FFFD."""
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        return text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')


def encode(value: Any, indent: Optional[int] = None) -> str:
    """JSON text. TypeError, ValueError: there is a value, or a key, that cannot be written, or a
    circle."""
    encoder = _compact if indent is None else _indented if indent == 4 else _encoder(indent)
    try:
        text = encoder.encode(value)
    except ValueError as e:
        if 'JSON compliant' not in str(e):
            raise
        text = encoder.encode(_finite(value))
    return text if text.isascii() else characters(text)
