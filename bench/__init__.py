"""The benchmark: `python -m bench` measures the gateway, and Kannel beside it where it is installed."""
