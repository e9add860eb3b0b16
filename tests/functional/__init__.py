"""Functional tests: real servers and files, no mocks."""
