# SPDX-License-Identifier: Apache-2.0
"""What stoQ raises."""


class StoqException(Exception):
    """Something that the engine refuses to do: bad configuration, bad arguments, a failed run."""


class StoqPluginException(StoqException):
    """A plugin could not be loaded or failed; plugins raise it themselves, too."""


class StoqPluginNotFound(StoqPluginException):
    """No plugin of that name is in any plugin directory."""
