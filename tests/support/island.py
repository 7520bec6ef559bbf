"""A machine of its own, as far as the kernel can make one of a process: a network namespace with one cable,
which can be pulled. What is under way then is lost, and neither side is told anything."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from support.line import Trouble


class Island:
    """`within` is what starts a command on it. It reaches `shore` alone, and is itself at `address`."""

    def __init__(self, number: int) -> None:
        name = f"kavle{os.getpid()}"
        self._namespace, self._near, self._far = f"{name}-{number}", f"{name}a{number}", f"{name}b{number}"
        self.shore, self.address = f"10.214.{number}.1", f"10.214.{number}.2"
        self.within = ("ip", "netns", "exec", self._namespace)

    def make(self) -> None:
        """Skips the test where that is not allowed."""
        if os.geteuid() or shutil.which("ip") is None:
            pytest.skip("a network namespace wants root, and ip of iproute2")
        try:
            _ip("netns", "add", self._namespace)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespace can be made here: {error.stderr}")
        _ip("link", "add", self._near, "type", "veth", "peer", "name", self._far, "netns", self._namespace)
        _ip("address", "add", f"{self.shore}/30", "dev", self._near)
        _ip("-n", self._namespace, "address", "add", f"{self.address}/30", "dev", self._far)
        for device in ("lo", self._far):
            _ip("-n", self._namespace, "link", "set", device, "up")
        self.mend()

    def sink(self) -> None:
        """With all that is in it."""
        _ip("netns", "delete", self._namespace)

    def strike(self, trouble: Trouble) -> None:
        """A pulled cable is of one kind."""
        _ip("link", "set", self._near, "down")

    def mend(self) -> None:
        _ip("link", "set", self._near, "up")


def _ip(*what: str) -> None:
    subprocess.run(["ip", *what], check=True, capture_output=True, text=True)
