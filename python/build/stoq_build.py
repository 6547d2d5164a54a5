# SPDX-License-Identifier: Apache-2.0
"""What `pip install .` calls: builds as `make build` does, installs into a directory, packs that.

A wheel holds the package, and what belongs to the engine under the prefix: lib/stoq/plugins,
libexec/stoq, share/stoq and bin/stoq.
"""

import base64
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME, VERSION = 'stoq', '4.0.0'
INFO = f'{NAME}-{VERSION}.dist-info'
METADATA = f'''Metadata-Version: 2.1
Name: {NAME}
Version: {VERSION}
Summary: Takes files apart, asks plugins about every part, gives one response
License: Apache-2.0
Requires-Python: >=3.11
'''


def _tag() -> str:
    version = f'cp{sys.version_info.major}{sys.version_info.minor}'
    return f'{version}-{version}-linux_{os.uname().machine}'


def _run(*command: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != 'DESTDIR'}
    subprocess.run(command, cwd=ROOT, check=True, env=environment)


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    info = pathlib.Path(metadata_directory) / INFO
    info.mkdir()
    (info / 'METADATA').write_text(METADATA)
    (info / 'WHEEL').write_text(_wheel())
    return INFO


def _wheel() -> str:
    return (f'Wheel-Version: 1.0\nGenerator: stoq_build\nRoot-Is-Purelib: false\nTag: {_tag()}\n')


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    build = os.environ.get('STOQ_BUILD_DIRECTORY') or str(ROOT / 'build/release')
    if not (pathlib.Path(build) / 'build.ninja').exists():
        _run('cmake', '--preset', 'release', '-B', build, '-DSTOQ_DEVELOPER_MODE=OFF')
    if not os.environ.get('STOQ_BUILD_DIRECTORY'):
        _run('cmake', '--build', build)
    with tempfile.TemporaryDirectory() as directory:
        for component in ('runtime', 'python'):
            _run('cmake', '--install', build, '--prefix', directory, '--component', component)
        prefix = pathlib.Path(directory)
        (packages,) = prefix.glob('lib/python*/dist-packages')
        wheel = f'{NAME}-{VERSION}-{_tag()}.whl'
        with zipfile.ZipFile(pathlib.Path(wheel_directory) / wheel, 'w',
                             zipfile.ZIP_DEFLATED) as archive:
            record = []

            def add(name: str, data: bytes, mode: int = 0o644) -> None:
                entry = zipfile.ZipInfo(name)
                entry.external_attr = (0o100000 | mode) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, data)
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=')
                record.append(f'{name},sha256={digest.decode()},{len(data)}')

            for path in sorted(prefix.rglob('*')):
                if not path.is_file() or '__pycache__' in path.parts:
                    continue
                if path.is_relative_to(packages):
                    name = str(path.relative_to(packages))
                elif 'doc' in path.parts or 'man' in path.parts or path.name.startswith('libstoq'):
                    continue
                else:
                    name = f'{NAME}-{VERSION}.data/data/{path.relative_to(prefix)}'
                add(name, path.read_bytes(), path.stat().st_mode & 0o777)
            # An empty directory of the engine's, which a wheel cannot hold.
            add(f'{NAME}-{VERSION}.data/data/libexec/stoq/tmp/.keep', b'')
            add(f'{INFO}/METADATA', METADATA.encode())
            add(f'{INFO}/WHEEL', _wheel().encode())
            record.append(f'{INFO}/RECORD,,')
            archive.writestr(f'{INFO}/RECORD', '\n'.join(record) + '\n')
    return wheel


def build_sdist(sdist_directory, config_settings=None):
    raise NotImplementedError('there are no source archives: install from the repository')
