"""Searches for smaller circuits of the S-boxes of DES and writes those it finds into the plugin.

    python -m tools.sbox_search --seconds 60 --rounds 10

Every round gives each S-box `--seconds` of search, beginning with the circuits already there (or, with `--fresh`,
with nothing). Needs numba: pip install 'suitecase[fast]'.
"""

import argparse
import secrets
from pathlib import Path

from plugins.des3 import circuits as plugin_circuits
from plugins.des3.circuits import Circuit, sbox_circuits
from tools.sbox_search.notation import write_circuit
from tools.sbox_search.ordering import statement_cost
from tools.sbox_search.search import Search

CIRCUITS = Path(plugin_circuits.__file__).with_name("circuits.txt")
SAMPLES = 40


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools.sbox_search", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="search an S-box and round")
    parser.add_argument("--rounds", type=int, default=1, help="times through the eight S-boxes")
    parser.add_argument("--seed", type=int, default=None, help="repeats a search, as far as the clock lets it")
    parser.add_argument("--fresh", action="store_true", help="begin with nothing, not with the circuits there are")
    parser.add_argument("--output", type=Path, default=CIRCUITS, help="where to write (the plugin's circuits.txt)")
    return parser.parse_args()


def _is_better(candidate: Circuit, circuit: Circuit) -> bool:
    return (len(candidate.gates), statement_cost(candidate)) < (len(circuit.gates), statement_cost(circuit))


def _write(best: list[Circuit], path: Path) -> None:
    path.write_text("\n\n".join(write_circuit(circuit, f"S{box + 1}") for box, circuit in enumerate(best)) + "\n")


def main() -> None:
    """Search, report each round, and write whenever something improved."""
    arguments = _arguments()
    seed = arguments.seed if arguments.seed is not None else secrets.randbits(48)
    known: list[Circuit | None] = [None] * 8 if arguments.fresh else list(sbox_circuits())
    searches = [Search(box, seed + box, [circuit] if circuit else []) for box, circuit in enumerate(known)]
    for number in range(arguments.rounds):
        for box, search in enumerate(searches):
            search.run(arguments.seconds)
            candidate, circuit = search.best_circuit(SAMPLES), known[box]
            if circuit is None or _is_better(candidate, circuit):
                known[box] = candidate
        best = [circuit for circuit in known if circuit is not None]
        gates, costs = [len(circuit.gates) for circuit in best], [statement_cost(circuit) for circuit in best]
        print(f"round {number + 1}, seed {seed}: {sum(gates) / 8} gates an S-box {gates}, cost {costs}", flush=True)
        _write(best, arguments.output)


if __name__ == "__main__":
    main()
