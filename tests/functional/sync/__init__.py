"""The nightly sync, whole: sources, ledger, plan, guard, targets."""
