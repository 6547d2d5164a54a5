# SPDX-License-Identifier: Apache-2.0
"""What all plugins have."""

import logging
from abc import ABC
from typing import Any, Dict, Optional, Set

from stoq.helpers import StoqConfigParser


class BasePlugin(ABC):
    """A plugin: the base of the classes of the seven roles.

    config: what its .stoq file says, with its section of stoq.cfg and its plugin options laid over
    [options]. plugin_opts: the plugin options alone; stoQ 3 plugins leave it out.

    Attributes: plugin_name, config, plugin_opts, required_workers (a set), log (`stoq.<name>`), and
    what the file documents: __author__, __version__, __website__, __description__.
    """

    def __init__(self, config: StoqConfigParser,
                 plugin_opts: Optional[Dict[str, Any]] = None) -> None:
        self.config = config
        self.plugin_opts = {} if plugin_opts is None else plugin_opts
        self.plugin_name: str = config.get('Core', 'Name', fallback=type(self).__name__).strip()
        self.log = logging.getLogger(f'stoq.{self.plugin_name}')
        self.__author__ = config.get('Documentation', 'Author', fallback='')
        self.__version__ = config.get('Documentation', 'Version', fallback='')
        self.__website__ = config.get('Documentation', 'Website', fallback='')
        self.__description__ = config.get('Documentation', 'Description', fallback='')
        required = config.get('options', 'required_workers', fallback='') or ''
        self.required_workers: Set[str] = {
            name.strip() for name in required.split(',') if name.strip()}
