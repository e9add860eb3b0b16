"""What the tests of the doors for devices share."""
