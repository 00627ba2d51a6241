"""Configuration: options, then SUITECASE_* in the environment, then configuration files, then the defaults."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from app.configuration.directories import user_data_directory
from app.configuration.environment import CONFIG, PREFIX, value_of
from app.configuration.files import PATH_SETTINGS, TRUSTING_SETTINGS, ConfigFile, config_files, how_to_trust
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


class Settings(BaseSettings):
    """Every setting, whichever way it came. Paths in a file are relative to that file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        case_sensitive=False,
    )

    suite: str = DEFAULT_SUITE
    data_dir: Path | None = None
    listen: str = "127.0.0.1:0"
    connect: str | None = None
    known_banks: Path | None = None
    bank_key: Path | None = None
    card: Path | None = None
    allow_plugin: Annotated[tuple[str, ...], NoDecode] = ()
    log_json: bool = False

    @property
    def bank_directory(self) -> Path:
        """`data_dir`, or the user's data directory: looked for only where it is needed. Raises ConfigError."""
        found = self.data_dir or user_data_directory()
        if found is None:
            raise ConfigError("There is no home directory to keep a bank in; name a directory with --data-dir DIR.")
        return found

    def origin_of(self, name: str) -> str:
        """Name a setting by where it came from, to begin a sentence with."""
        return f"The setting {name}"

    def ignored(self) -> list[str]:
        """Say of settings in the current directory that they do not count, a sentence each."""
        return []

    @field_validator("allow_plugin", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(name for name in value.split(",") if name) if isinstance(value, str) else value

    @field_validator(*PATH_SETTINGS, mode="before")
    @classmethod
    def _possible(cls, value: object) -> object:
        if value == "":  # a shell variable that is not set, and for Python the current directory
            raise ValueError("a path cannot be empty")
        if "\0" in str(value):
            raise ValueError("a path cannot contain NUL")
        return value


def load_settings(options: Mapping[str, object], config: str | None = None) -> Settings:
    """Put the sources together; an option that is None was not given, nor a variable that is empty.

    Raises FileError for a configuration file that cannot be read, and ConfigError for a setting that makes no sense.
    """
    if config == "":
        raise ConfigError("--config names no file; give its path.")
    files = config_files(config or value_of(CONFIG))
    sources = {name: file for file in reversed(files) for name in file.values}
    in_files = {name: file.values[name] for name, file in sources.items()}
    given: dict[str, Any] = {name: value for name, value in options.items() if value not in (None, [], ())}

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, in_files)

        def origin_of(self, name: str) -> str:
            return _origin(name, given, sources) if name in self.model_fields_set else f"The default of {name}"

        def ignored(self) -> list[str]:
            return [
                f"{self.origin_of(name)} counts, and {name} in {file.path} is ignored: a file in the current directory "
                "may be anybody's."
                for file in files
                for name in TRUSTING_SETTINGS
                if not file.trusted and name in file.values
            ]

    try:
        settings = Loaded(**given)
    except ValidationError as error:
        raise _not_usable(error, given, sources) from None
    _refuse_from_where_one_stands(given, sources)
    return settings


def _not_usable(error: ValidationError, given: Mapping[str, object], sources: Mapping[str, ConfigFile]) -> ConfigError:
    """Say what cannot be used, and nothing of its value."""
    first = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if name not in Settings.model_fields:
        known, path = ", ".join(Settings.model_fields), sources[name].path
        return ConfigError(f"There is no setting {excerpt(name)}, as {path} has it; the settings are {known}.")
    reason = _EXPECTED.get(first["type"], first["msg"].removeprefix("Value error, "))
    return ConfigError(f"{_origin(name, given, sources)} is not usable: {reason}; change it or leave it out.")


def _refuse_from_where_one_stands(given: Mapping[str, object], sources: Mapping[str, ConfigFile]) -> None:
    """Raise ConfigError where a file that nobody named says whom to trust or what is the user's, and that would count.

    It is not left out silently: whoever relied on it would be with another bank, or none.
    """
    for name in TRUSTING_SETTINGS:
        file = sources.get(name)
        if file is not None and not file.trusted and not _is_given(name, given):
            raise ConfigError(
                f"{_origin(name, given, sources)} is not usable: the file lies in the current directory, where it may "
                f"be anybody's, and this setting says whom to trust or what is yours; {how_to_trust(file)}."
            )


def _is_given(name: str, given: Mapping[str, object]) -> bool:
    return name in given or bool(value_of(PREFIX + name.upper()))


def _origin(name: str, given: Mapping[str, object], sources: Mapping[str, ConfigFile]) -> str:
    """Say where a setting came from, by the precedence of the sources."""
    if name in given:
        return f"The option --{name.replace('_', '-')}"
    variable = PREFIX + name.upper()
    if value_of(variable):
        return f"The environment variable {variable}"
    return f"The setting {name} in {sources[name].path}"
