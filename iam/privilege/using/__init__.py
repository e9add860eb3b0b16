"""Uses (特権利用): asked, witnessed, opened, ended, recorded; and emergencies."""
