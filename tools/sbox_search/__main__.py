"""Searches for smaller circuits of the S-boxes of DES and writes those it finds into the plugin.

    python -m tools.sbox_search --seconds 60 --rounds 10

Every round gives each S-box `--seconds` of search, beginning with the circuits already there or, with `--fresh`,
with nothing. A circuit is replaced only by a better one. Needs numba: pip install numba.
"""

import argparse
import secrets
from pathlib import Path

from plugins.des3 import circuits as plugin_circuits
from plugins.des3.circuits import INPUTS, Circuit, sbox_circuits
from tools.sbox_search.notation import write_circuit
from tools.sbox_search.ordering import statement_cost
from tools.sbox_search.search import Search

CIRCUITS = Path(plugin_circuits.__file__).with_name("circuits.txt")
SAMPLES = 40


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools.sbox_search", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="search an S-box and round (default 60)")
    parser.add_argument("--rounds", type=int, default=1, help="times through the S-boxes (default 1)")
    parser.add_argument("--boxes", type=int, nargs="+", default=list(range(1, 9)), help="which (default 1 to 8)")
    parser.add_argument("--seed", type=int, help="repeats a search, as far as the clock lets it")
    parser.add_argument("--fresh", action="store_true", help="begin with nothing, not with the circuits there are")
    parser.add_argument("--output", type=Path, default=CIRCUITS, help="where to write (the plugin's circuits.txt)")
    return parser.parse_args()


def _is_better(candidate: Circuit, circuit: Circuit) -> bool:
    return (len(candidate.gates), statement_cost(candidate)) < (len(circuit.gates), statement_cost(circuit))


def _write(best: list[Circuit], path: Path) -> None:
    path.write_text("\n\n".join(write_circuit(circuit, f"S{box + 1}") for box, circuit in enumerate(best)) + "\n")


def main() -> None:
    """Search, report each round, and write what is best so far."""
    arguments = _arguments()
    seed = arguments.seed if arguments.seed is not None else secrets.randbits(48)
    best = list(sbox_circuits())
    boxes = [box - 1 for box in arguments.boxes]
    searches = {box: Search(box, seed + box, [] if arguments.fresh else [best[box]]) for box in boxes}
    for number in range(arguments.rounds):
        for box, search in searches.items():
            search.run(arguments.seconds)
            candidate = search.best_circuit(SAMPLES)
            if _is_better(candidate, best[box]):
                best[box] = candidate
        found = [int(search.found[0].size[0]) - INPUTS for search in searches.values()]
        gates, costs = [len(circuit.gates) for circuit in best], [statement_cost(circuit) for circuit in best]
        print(
            f"round {number + 1}, seed {seed}: found {found}; best {gates}, mean {sum(gates) / 8}; cost {costs}",
            flush=True,
        )
        _write(best, arguments.output)


if __name__ == "__main__":
    main()
