"""How far enrolment has come, department by department, and who is still to be asked."""
