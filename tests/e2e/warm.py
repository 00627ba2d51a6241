"""A process that has imported the program, and runs it in a fork of its own each time: for cases by the dozen.

A run is as real as any: another process, `app.__main__.main`, its own streams, folder and environment. Only the
half second that an interpreter takes to import everything is spent once.

Reads commands in JSON, one a line, and answers each with a line: `["start", arguments, folder, environment, files]`
with the process, its streams being those three files; `["wait", process]` with the exit code.
"""

import json
import os
import sys
import traceback
from typing import NoReturn

import app.__main__
import app.cli.atm
import app.cli.backup
import app.cli.bank
import app.cli.demo.bank
import app.cli.demo.main_job
import app.cli.open_account
import app.cli.plugins
import app.cli.restore
import app.cli.suites
import app.cli.trust

_MODES = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)


def main() -> None:
    """Serve until the end of the commands."""
    with os.fdopen(os.dup(0), "rb") as commands, os.fdopen(os.dup(1), "w") as answers:
        for line in commands:
            command, *rest = json.loads(line)
            if command == "wait":
                answer = os.waitstatus_to_exitcode(os.waitpid(rest[0], 0)[1])
            else:
                answer = os.fork()
                if answer == 0:
                    os.close(commands.fileno())
                    os.close(answers.fileno())
                    run(*rest)
            answers.write(f"{answer}\n")
            answers.flush()


def run(arguments: list[str], folder: str, environment: dict[str, str], files: list[str]) -> NoReturn:
    """Be the program, and never return into what was forked."""
    code = 70
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        for number, (file, mode) in enumerate(zip(files, _MODES, strict=True)):
            opened = os.open(file, mode, 0o600)
            os.dup2(opened, number)
            os.close(opened)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.argv[1:] = arguments
        app.__main__.main()
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 70
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - shown, as the interpreter would
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
