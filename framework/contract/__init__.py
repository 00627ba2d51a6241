"""The contract kit: what a plugin promises, as checks with stable ids (docs/contract-kit.md).

suitecase-contract check-plugin NAME          on the command line
TestMine = contract_for("mine")               in a test, for pytest
"""

from framework.contract.suite import contract_for
from framework.contract.waiver import Waiver

__all__ = ["Waiver", "contract_for"]
