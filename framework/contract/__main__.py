"""`python -m framework.contract`: the kit's commands."""

from framework.contract.cli import main

if __name__ == "__main__":
    main()
