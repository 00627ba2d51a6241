"""The contract kit: what a plugin promises, as checks with stable ids (docs/contract-kit.md).

suitecase-contract check-plugin NAME          on the command line
TestMine = contract_for("mine")               in a test, for pytest
"""

from framework.contract.engine.waiver import Waiver
from framework.contract.testing import contract_for

__all__ = ["Waiver", "contract_for"]
