"""From wanted and actual to a settled target: plan, guard, apply, verify."""
