"""A provider that takes no money: for tests, demonstrations and load, with a delay and a failure rate on request."""
