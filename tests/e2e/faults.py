"""Faults that are put into the program from outside, by a module that every Python imports at its start."""

import os

from tests.e2e.programs import ROOT, Programs


def with_fault(programs: Programs, code: str) -> dict[str, str]:
    """Give the environment of a program that runs this code before its own."""
    folder = programs.folder / "fault"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}


NO_THREADS = """
import threading
def refuse(thread):
    raise RuntimeError("can't start new thread")
threading.Thread.start = refuse
"""
