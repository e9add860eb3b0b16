"""Commands about where people come from: the register of terminals."""
