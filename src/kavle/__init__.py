"""Kavle: a self-hosted SMS and MMS gateway. Store and forward."""

__version__ = "0.1.0"
