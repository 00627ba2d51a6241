"""Configuration: options, then SUITECASE_* in the environment, then suitecase.toml, then the defaults."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from app.errors import FileError, UserError, excerpt

CONFIG_FILE = Path("suitecase.toml")
"""Read from the current directory unless --config names another."""

DEFAULT_SUITE = "des3-bg-hmac"

_PATHS = ("data_dir", "known_banks", "bank_key", "card")


class ConfigError(UserError):
    """A setting that cannot be used."""


class Settings(BaseSettings):
    """Every setting, whichever way it came. Paths in a file are relative to that file."""

    model_config = SettingsConfigDict(
        env_prefix="SUITECASE_", extra="forbid", frozen=True, hide_input_in_errors=True, case_sensitive=False
    )

    suite: str = DEFAULT_SUITE
    data_dir: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("suitecase")))
    listen: str = "127.0.0.1:0"
    connect: str | None = None
    known_banks: Path | None = None
    bank_key: Path | None = None
    card: Path | None = None
    allow_plugin: Annotated[tuple[str, ...], NoDecode] = ()
    log_json: bool = False

    @field_validator("allow_plugin", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(name for name in value.split(",") if name) if isinstance(value, str) else value


def load_settings(options: Mapping[str, object], config: Path | None = None) -> Settings:
    """Put the sources together; an option that is None was not given.

    Raises FileError for a configuration file that cannot be read, and ConfigError for a setting that makes no sense.
    """
    in_file = _read(config)
    given = {name: value for name, value in options.items() if value not in (None, [], ())}

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

    try:
        return Loaded(**_any(given))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
    raise ConfigError(f"The setting {excerpt(where)} is not usable: {first['msg']}. Settings: {_known()}.")


def _any(values: Mapping[str, object]) -> dict[str, Any]:
    return dict(values)


def _known() -> str:
    return ", ".join(Settings.model_fields)


def _read(config: Path | None) -> dict[str, Any]:
    path = config or CONFIG_FILE
    try:
        values = tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        if config is None:
            return {}
        raise FileError(f"There is no configuration file {path}; check the path.") from None
    except OSError as error:
        raise FileError(f"The configuration file {path} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        detail = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise FileError(f"The configuration file {path} is not TOML: {detail}.") from None
    for name in _PATHS:
        if isinstance(values.get(name), str):
            values[name] = path.parent / values[name]
    return values
