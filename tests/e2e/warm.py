"""A process that has imported the program, and runs it in a fork of its own each time: for cases by the dozen.

A run is as real as any: another process, `app.__main__.main`, its own streams, folder and environment. Only the
half second that an interpreter takes to import everything is spent once.

Reads `[arguments, folder, environment, input]` in JSON a line, each byte of the input as a letter of Latin-1, and
answers `[exit code, output, errors]`.
"""

import json
import os
import sys
import tempfile
import traceback
from typing import NoReturn

import app.__main__
import app.atm
import app.bank
import app.catalogue
import app.config
import app.console
import app.demo


def main() -> None:
    """Serve until the end of the commands."""
    commands, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "w")
    for line in commands:
        arguments, folder, environment, given = json.loads(line)
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            stdin.write(given.encode("latin-1"))
            stdin.seek(0)
            files = [file.fileno() for file in (stdin, stdout, stderr)]
            pid = os.fork()
            if pid == 0:
                commands.close()
                answers.close()
                run(arguments, folder, environment, files)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            said = [os.pread(file, 10**6, 0).decode() for file in files[1:]]
        answers.write(json.dumps([code, *said]) + "\n")
        answers.flush()
    commands.close()
    answers.close()


def run(arguments: list[str], folder: str, environment: dict[str, str], files: list[int]) -> NoReturn:
    """Be the program, and never return into what was forked."""
    code = 70
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        for number, file in enumerate(files):
            os.dup2(file, number)
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
