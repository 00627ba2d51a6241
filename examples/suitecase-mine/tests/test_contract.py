"""The contract of `mine`, a check a test."""

from framework.contract import contract_for

TestMine = contract_for("mine")
