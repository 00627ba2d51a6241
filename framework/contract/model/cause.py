"""Where a plugin raised: checks that stumble over one line have one thing to tell."""

import inspect
import re
import traceback
from dataclasses import dataclass
from pathlib import Path

FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<call>\w+)')
TOLD = re.compile(r"(?P<call>\w+) raised (?P<error>\w+) at (?P<file>\S+):(?P<line>\d+)")
"""How the framework's guard tells it (`framework.kinds.guarding`)."""


@dataclass(frozen=True)
class Cause:
    """An exception of the plugin's own: its class, the file and line that raised it, and the function there."""

    error: str
    file: str
    line: int
    call: str

    @property
    def unwritten(self) -> bool:
        """Whether it only says that there is no code yet."""
        return self.error == NotImplementedError.__name__

    @property
    def place(self) -> str:
        """The line, with the file as a person names it: the package and the module."""
        return f"{'/'.join(Path(self.file).parts[-2:])}:{self.line}"

    def same(self, other: "Cause") -> bool:
        """Whether both came of one line."""
        return (self.error, self.file, self.line) == (other.error, other.file, other.line)


def cause_of(error: BaseException | None, primitive: object) -> Cause | None:
    """Find where the plugin of `primitive` raised what led to this error, if it did."""
    try:
        plugin = Path(inspect.getfile(type(primitive))).parent
    except TypeError:
        return None
    found = None
    while error is not None:
        for frame in traceback.extract_tb(error.__traceback__):
            if Path(frame.filename).is_relative_to(plugin) and frame.lineno:
                found = Cause(type(error).__name__, frame.filename, frame.lineno, frame.name)
        error = error.__cause__ or error.__context__
    return found


def cause_told(text: str) -> Cause | None:
    """Read it from what the guard says."""
    told = TOLD.search(text)
    return Cause(told["error"], told["file"], int(told["line"]), told["call"]) if told else None


def cause_left(text: str) -> Cause | None:
    """Read it from a traceback that another process has left, where what was raised first stands first."""
    frame = None
    for line in text.splitlines():
        frame = FRAME.search(line) or frame
        if frame is not None and not line.startswith((" ", "Traceback")):
            error = line.partition(":")[0].rpartition(".")[2]
            kit = Path(frame["file"]).is_relative_to(Path(__file__).parents[1])
            return None if kit else Cause(error, frame["file"], int(frame["line"]), frame["call"])
    return None
