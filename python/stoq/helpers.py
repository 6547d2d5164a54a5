# SPDX-License-Identifier: Apache-2.0
"""Configuration, JSON, digests and texts of exceptions, for programs and plugins."""

import configparser
import hashlib
import json
import traceback
from typing import Any, Dict, List, Optional, Set, Union

from stoq import _json

__all__ = ['JsonComplexEncoder', 'StoqConfigParser', 'dumps', 'format_exc', 'get_md5', 'get_sha1',
           'get_sha256', 'get_sha512', 'merge_dicts']

_UNSET: Any = object()


class JsonComplexEncoder(json.JSONEncoder):
    """Writes bytes as text, sets as lists, datetimes, and other objects as their attributes."""

    def default(self, o: Any) -> Any:
        return _json.plain(o)


def dumps(data: Any, compactly: Union[bool, int] = False, indent: int = 4) -> str:
    """JSON text of any value, such as a StoqResponse.

    compactly: on one line, else indented by `indent` blanks. Bytes become text, NaN null, a set a
    list, any other object its attributes. TypeError where a value or key cannot be written.
    """
    if isinstance(compactly, int) and not isinstance(compactly, bool):
        compactly, indent = False, compactly
    return _json.encode(data, None if compactly else indent)


def get_md5(content: bytes) -> str:
    """MD5 of the bytes, as 32 hexadecimal digits."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def get_sha1(content: bytes) -> str:
    """SHA-1 of the bytes, as 40 hexadecimal digits."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def get_sha256(content: bytes) -> str:
    """SHA-256 of the bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def get_sha512(content: bytes) -> str:
    """SHA-512 of the bytes, as 128 hexadecimal digits."""
    return hashlib.sha512(content).hexdigest()


def merge_dicts(d1: Dict[Any, Any], d2: Dict[Any, Any]) -> Dict[Any, Any]:
    """Adds the entries of d2 to d1, and returns it: lists are joined, dicts merged, else d2's
    stands."""
    for key, value in d2.items():
        present = d1.get(key)
        if isinstance(present, list) and isinstance(value, list):
            d1[key] = present + value
        elif isinstance(present, dict) and isinstance(value, dict):
            d1[key] = merge_dicts(dict(present), value)
        else:
            d1[key] = value
    return d1


def type_name(kind: type) -> str:
    """The name of a type, with its module unless it is builtin."""
    module = kind.__module__
    return kind.__qualname__ if module in ('builtins', '__main__') else f'{module}.{kind.__qualname__}'


def where(exc: BaseException) -> str:
    """The innermost frame of an exception, as `File "…", line n, in function`; "" without one."""
    frames = traceback.extract_tb(exc.__traceback__, limit=-1)
    return f'File "{frames[0].filename}", line {frames[0].lineno}, in {frames[0].name}' \
        if frames else ''


def format_exc(exc: BaseException, msg: Optional[str] = None) -> str:
    """`msg: File "…", line n, in function ; type: text`, of the innermost frame."""
    parts = [where(exc), f'{type_name(type(exc))}: {exc}']
    text = ' ; '.join(part for part in parts if part)
    return f'{msg}: {text}' if msg else text


class _Percent(configparser.Interpolation):
    """No interpolation, but %% stands for %."""

    def before_get(self, parser, section, option, value, defaults):  # type: ignore[no-untyped-def]
        return value.replace('%%', '%') if isinstance(value, str) else value


class StoqConfigParser(configparser.ConfigParser):
    """A ConfigParser that reads lists, sets and JSON, too. `%%` stands for `%`; nothing else is
    interpolated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault('allow_no_value', True)
        kwargs.setdefault('interpolation', _Percent())
        super().__init__(*args, **kwargs)

    def _text(self, section: str, option: str, options: Dict[str, Any]) -> Any:
        fallback = options.pop('fallback', _UNSET)
        try:
            return self.get(section, option, **options), True
        except (configparser.NoSectionError, configparser.NoOptionError):
            if fallback is _UNSET:
                raise
            return fallback, False

    def getlist(self, section: str, option: str, **options: Any) -> List[str]:
        """The texts between commas, without blanks around them. `fallback` when there is none."""
        value, found = self._text(section, option, options)
        if not found:
            return value
        return [part.strip() for part in (value or '').split(',') if part.strip()]

    def getset(self, section: str, option: str, **options: Any) -> Set[str]:
        """As getlist, as a set."""
        value, found = self._text(section, option, options)
        if not found:
            return set(value) if isinstance(value, (list, tuple)) else value
        return {part.strip() for part in (value or '').split(',') if part.strip()}

    def getjson(self, section: str, option: str, **options: Any) -> Any:
        """The option read as JSON. ValueError when it is none."""
        value, found = self._text(section, option, options)
        return json.loads(value) if found else value

    def put(self, section: str, option: str, value: Any) -> None:
        """Sets an option to any value, as get will give it back as text."""
        if not self.has_section(section):
            self.add_section(section)
        if isinstance(value, (list, tuple, set)) and all(isinstance(v, str) for v in value):
            text = ', '.join(value)
        elif isinstance(value, (dict, list, tuple)):
            text = _json.encode(value)
        else:
            text = '' if value is None else str(value)
        self.set(section, option, text.replace('%', '%%'))
