"""The version of the installed product."""

from importlib.metadata import version

SOFTWARE_VERSION = version("betz")
