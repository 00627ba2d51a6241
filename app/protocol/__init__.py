"""What an ATM and a bank say to each other, and in which money."""
