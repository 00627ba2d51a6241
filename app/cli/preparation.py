"""What commands begin with: the settings, and the plugins and the suite that these name."""

import logging

import typer

from app.configuration.settings import Settings, load_settings
from app.configuration.unknown_variables import unknown_variables
from app.system.errors import UserError
from app.system.logs import configure_logging
from framework import ConfigurationError, Registry, Suite, load_registry


def settings_of(ctx: typer.Context, *, level: int = logging.WARNING, **options: object) -> Settings:
    """Put options, environment and file together; an option before the command serves where none stands after it.

    Raises FileError and ConfigError.
    """
    merged = ctx.obj | {name: value for name, value in options.items() if value not in (None, False, [])}
    merged.pop("as_json")
    settings = load_settings(merged, merged.pop("config"))
    configure_logging(as_json=settings.log_json, level=level)
    for sentence in unknown_variables(Settings.model_fields):
        logging.getLogger("suitecase.environment").warning("%s", sentence)
    for sentence in settings.ignored():
        logging.getLogger("suitecase.config").warning("%s", sentence)
    return settings


def registry_of(settings: Settings) -> Registry:
    """Load the plugins that the settings allow. Raises UserError."""
    try:
        registry = load_registry(settings.allow_plugin)
    except ConfigurationError as error:
        raise UserError(f"The plugins cannot be loaded: {error}; `plugins` lists what is installed.") from None
    for sentence in registry.left_out:
        logging.getLogger("suitecase.plugins").warning("%s", sentence)
    return registry


def suite_of(settings: Settings) -> Suite:
    """Load the suite that the settings name. Raises UserError."""
    registry = registry_of(settings)
    try:
        return Suite.parse(settings.suite, registry)
    except ConfigurationError as error:
        origin = settings.origin_of("suite")
        raise UserError(f"{origin} is not usable: {error}; `suites` lists what there is.") from None
