"""Configuration: options, then SUITECASE_* in the environment, then suitecase.toml, then the defaults."""

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from app.directories import user_data_directory
from app.environment import CONFIG, PREFIX, value_of
from app.errors import FileError, MissingFileError, UserError, excerpt
from app.files import OTHERS_WRITE, read_file

CONFIG_FILE = Path("suitecase.toml")
"""Read from the current directory unless --config or SUITECASE_CONFIG names another."""

DEFAULT_SUITE = "des3-bg-hmac"

MAX_FILE_SIZE: Final = 64 * 1024

_NOUN = "configuration file"
_PATHS = ("data_dir", "known_banks", "bank_key", "card")


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

    @field_validator("allow_plugin", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(name for name in value.split(",") if name) if isinstance(value, str) else value

    @field_validator(*_PATHS, mode="before")
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
    named = config or value_of(CONFIG)
    path = Path(named) if named else CONFIG_FILE
    in_file = _read(path, named=bool(named))
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
            return init_settings, env_settings, InitSettingsSource(settings_cls, in_file)

        def origin_of(self, name: str) -> str:
            return _origin(name, given, path) if name in self.model_fields_set else f"The default of {name}"

    try:
        return Loaded(**given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if name not in Settings.model_fields:
        known = ", ".join(Settings.model_fields)
        raise ConfigError(f"There is no setting {excerpt(name)}, as {path} has it; the settings are {known}.")
    reason = _EXPECTED.get(first["type"], first["msg"].removeprefix("Value error, "))
    raise ConfigError(f"{_origin(name, given, path)} is not usable: {reason}; change it or leave it out.")


def _origin(name: str, given: Mapping[str, object], path: Path) -> str:
    """Say where a setting came from, by the precedence of the sources."""
    if name in given:
        return f"The option --{name.replace('_', '-')}"
    variable = PREFIX + name.upper()
    if value_of(variable):
        return f"The environment variable {variable}"
    return f"The setting {name} in {path}"


def _read(path: Path, *, named: bool) -> dict[str, Any]:
    """Read the configuration file, which can say whom to trust: with every check. Raises FileError.

    One that nobody named may be missing; and it must not be a link, which another user could have laid there.
    """
    try:
        data = read_file(
            path,
            _NOUN,
            limit=MAX_FILE_SIZE,
            forbidden=OTHERS_WRITE,
            if_foreign="give one of your own with --config, or work in another directory",
            if_linked="" if named else "put the file itself there, or name it with --config",
        )
        values = tomllib.loads(data.decode("utf-8"))
    except MissingFileError:
        if not named:
            return {}
        raise
    except (ValueError, RecursionError) as error:  # ValueError for a path with a NUL in it, and for what follows
        if isinstance(error, UnicodeDecodeError):
            reason = "it is not UTF-8 text; write it anew as text"
        elif isinstance(error, tomllib.TOMLDecodeError):
            reason = f"it is not TOML: {error}; mend that line"
        else:
            reason = f"{error}; check the path and what is in it"
        raise FileError(f"The {_NOUN} {path} cannot be read: {reason}.") from None
    for name in _PATHS:
        if values.get(name) and isinstance(values[name], str):
            with suppress(RuntimeError):  # for `~somebody` that nobody is
                values[name] = path.parent / Path(values[name]).expanduser()
    return values
