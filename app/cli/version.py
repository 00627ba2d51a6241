"""`suitecase --version`."""

from app.system.output import write_out
from framework import discover


def show_version() -> None:
    """Print the version that is installed."""
    ours = [plugin.version for plugin in discover().plugins if plugin.built_in]
    write_out(f"suitecase {ours[0] if ours else 'of unknown version'}\n")
