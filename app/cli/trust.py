"""`suitecase trust`."""

import typer

from app.atm.trust import trust_bank
from app.cli.options import BankKeyOption, ConfigOption, ConnectOption, KnownBanksOption, SuiteOption
from app.cli.preparation import settings_of
from app.cli.table import new_program
from app.system.errors import InputError
from app.system.output import write_err, write_out
from framework.printable import printable

app = new_program()


@app.command(
    epilog="""\b
Example:
  suitecase trust --connect 127.0.0.1:7000 --bank-key bank/bank.pub \\
                  --known-banks banks
""",
)
def trust(
    ctx: typer.Context,
    suite: SuiteOption = None,
    connect: ConnectOption = None,
    known_banks: KnownBanksOption = None,
    bank_key: BankKeyOption = None,
    config: ConfigOption = None,
) -> int:
    """Add a bank's key to a known-banks file.

    Compare the fingerprint with the one that the bank prints after `listening on`, which is that of the key for its
    suite; the one of its identity, in its log, is another. A key that is on record is never replaced. What the file
    says of the bank's identity is added to a line that an earlier version wrote.
    """
    settings = settings_of(ctx, suite=suite, connect=connect, known_banks=known_banks, bank_key=bank_key, config=config)
    if settings.connect is None or settings.known_banks is None or settings.bank_key is None:
        raise InputError("Give all of --connect HOST:PORT, --bank-key FILE and --known-banks FILE.")
    line, remark = trust_bank(
        settings.connect, settings.suite, bank_key=settings.bank_key, known_banks=settings.known_banks
    )
    write_out(f"{line}\n")
    if remark:
        write_err(f"{printable(remark)}\n")
    return 0
