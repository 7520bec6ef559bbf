"""Calls customers' web applications: what an incoming message is as a URL, what counts as an answer, and the
client that dials nothing which it may not."""
