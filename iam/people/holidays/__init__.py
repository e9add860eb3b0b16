"""The days on which public offices are open: what deadlines in working days rest on."""

from iam.people.holidays.working import is_working_day, working_days_after

__all__ = ["is_working_day", "working_days_after"]
