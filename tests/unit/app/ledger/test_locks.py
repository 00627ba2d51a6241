"""Two ledgers in one process: opening the second must not drop the locks that keep the first one's log alive."""

import subprocess
import sys
from pathlib import Path

from app.ledger import Ledger

SCENE = """
import os, subprocess, sys
from pathlib import Path
from app.ledger import Ledger

path = Path(sys.argv[1])
first, second = Ledger(path), Ledger(path)
other = "import sys; from pathlib import Path; from app.ledger import Ledger; Ledger(Path(sys.argv[1])).close()"
subprocess.run([sys.executable, "-c", other, str(path)], check=True)
first.open_account("carol", bytes(32))
os._exit(0)
"""


def test_a_commit_survives_whoever_else_opens_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    subprocess.run([sys.executable, "-c", SCENE, str(path)], check=True)
    with Ledger(path) as ledger:
        assert ledger.balance("carol") == 0
