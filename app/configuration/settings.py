"""Configuration: options, then SUITECASE_* in the environment, then configuration files, then the defaults."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from app.configuration.directories import user_data_directory
from app.configuration.environment import CONFIG, value_of
from app.configuration.files import TRUSTING_SETTINGS, ConfigFile, config_files, how_to_trust
from app.configuration.layers import Environment, Layer, Options
from app.system.errors import UserError, excerpt

DEFAULT_SUITE = "des3-bg-hmac"

_EXPECTED = {
    "string_type": "text in quotes is expected",
    "path_type": "text in quotes is expected",
    "bool_type": "true or false is expected",
    "bool_parsing": "true or false is expected",
    "tuple_type": "a list of names is expected",
}


class ConfigError(UserError):
    """A setting that cannot be used."""


def _possible(path: object) -> object:
    if path == "":  # a shell variable that is not set, and for Python the current directory
        raise ValueError("a path cannot be empty")
    if "\0" in str(path):
        raise ValueError("a path cannot contain NUL")
    return path


def _names(value: object) -> object:
    return tuple(name for name in value.split(",") if name) if isinstance(value, str) else value


_Path = Annotated[Path | None, BeforeValidator(_possible)]


class Settings(BaseModel):
    """Every setting, whichever way it came. Paths in a file are relative to that file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    suite: str = DEFAULT_SUITE
    data_dir: _Path = None
    listen: str = "127.0.0.1:0"
    connect: str | None = None
    known_banks: _Path = None
    bank_key: _Path = None
    card: _Path = None
    allow_plugin: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    log_json: bool = False

    _layers: tuple[Layer, ...] = ()

    def model_post_init(self, layers: Any, /) -> None:
        """Keep the layers that the settings were made of."""
        self._layers = layers or ()

    @property
    def bank_directory(self) -> Path:
        """`data_dir`, or the user's data directory: looked for only where it is needed. Raises ConfigError."""
        found = self.data_dir or user_data_directory()
        if found is None:
            raise ConfigError("There is no home directory to keep a bank in; name a directory with --data-dir DIR.")
        return found

    def origin_of(self, name: str) -> str:
        """Name a setting by where it came from, to begin a sentence with."""
        layer = _first(self._layers, name)
        return f"The default of {name}" if layer is None else layer.origin(name)

    def ignored(self) -> list[str]:
        """Say of settings in the current directory that they do not count, a sentence each."""
        return [
            f"{self.origin_of(name)} counts, and {name} in {layer.path} is ignored: a file in the current directory "
            "may be anybody's."
            for layer in self._layers
            if isinstance(layer, ConfigFile) and not layer.trusted
            for name in TRUSTING_SETTINGS
            if name in layer.values
        ]


def load_settings(options: Mapping[str, object], config: str | None = None) -> Settings:
    """Put the layers together; an option that is None was not given, nor a variable that is empty.

    Raises FileError for a configuration file that cannot be read, and ConfigError for a setting that makes no sense.
    """
    if config == "":
        raise ConfigError("--config names no file; give its path.")
    files = config_files(config or value_of(CONFIG))
    layers: tuple[Layer, ...] = (Options.given(options), Environment.of(Settings.model_fields), *files)
    values = {name: value for layer in reversed(layers) for name, value in layer.values.items()}
    try:
        settings = Settings.model_validate(values, context=layers)
    except ValidationError as error:
        raise _not_usable(error, layers) from None
    _refuse_from_where_one_stands(layers)
    return settings


def _first(layers: tuple[Layer, ...], name: str) -> Layer | None:
    return next((layer for layer in layers if name in layer.values), None)


def _not_usable(error: ValidationError, layers: tuple[Layer, ...]) -> ConfigError:
    """Say what cannot be used, and nothing of its value."""
    first = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][0])
    layer = next(layer for layer in layers if name in layer.values)  # the defaults are usable
    if isinstance(layer, ConfigFile) and name not in Settings.model_fields:
        known = ", ".join(Settings.model_fields)
        return ConfigError(f"There is no setting {excerpt(name)}, as {layer.path} has it; the settings are {known}.")
    reason = _EXPECTED.get(first["type"], first["msg"].removeprefix("Value error, "))
    return ConfigError(f"{layer.origin(name)} is not usable: {reason}; change it or leave it out.")


def _refuse_from_where_one_stands(layers: tuple[Layer, ...]) -> None:
    """Raise ConfigError where a file that nobody named says whom to trust or what is the user's, and that would count.

    It is not left out silently: whoever relied on it would be with another bank, or none.
    """
    for name in TRUSTING_SETTINGS:
        layer = _first(layers, name)
        if isinstance(layer, ConfigFile) and not layer.trusted:
            raise ConfigError(
                f"{layer.origin(name)} is not usable: the file lies in the current directory, where it may "
                f"be anybody's, and this setting says whom to trust or what is yours; {how_to_trust(layer)}."
            )
