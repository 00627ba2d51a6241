"""The bank makes room for its connections, in a process of its own here: a limit that is raised stays."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from app.system.descriptors import make_room
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
make_room()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [((256, 5000), (4096, 5000)), ((256, 1000), (1000, 1000)), ((4500, 5000), (4500, 5000))],
    ids=["raised", "as far as it goes", "enough already"],
)
def test_room_is_made_as_far_as_it_goes(before: tuple[int, int], after: tuple[int, int]) -> None:
    command = [sys.executable, "-c", PROGRAM, *map(str, before)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert tuple(map(int, ended.stdout.split())) == after
