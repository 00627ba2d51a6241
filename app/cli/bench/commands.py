"""The benchmarks that there are."""

from app.cli.table import CommandTable, Entry, new_program


class Commands(CommandTable):
    """All benchmarks, as `suitecase bench --help` lists them."""

    entries = (
        Entry("cipher", "app.cli.bench.cipher", "Measure Triple DES against the record's size."),
        Entry("channel", "app.cli.bench.channel", "Measure a whole channel over loopback TCP."),
        Entry("ledger", "app.cli.bench.ledger", "Measure transactions of the bank's ledger."),
    )


app = new_program(cls=Commands)


@app.callback()
def bench() -> None:
    """Measure, beside a peer in the same run; ratios are what to quote."""
