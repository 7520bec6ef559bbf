"""Who runs the tests may be killed at any moment; the servers that it started are ended all the same."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from support.patience import PATIENCE

TESTS = Path(__file__).parent
KILLED = """
import os, signal, sys
from pathlib import Path
from support.survivor import ends_with_us

ends_with_us(Path(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""
# Who runs the tests may ignore this signal, as what a shell puts into its background does; no server would.
SERVER = """
import signal, time

signal.signal(signal.SIGQUIT, signal.SIG_DFL)
print("ready", flush=True)
time.sleep(3600)
"""


def test_a_server_ends_with_the_tests_that_are_killed_and_its_folder_goes(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    (folder / "data").mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout
            assert server.stdout.readline()
            (folder / "data" / "postmaster.pid").write_text(f"{server.pid}\n{folder}/data\n")
            killed = subprocess.run(
                [sys.executable, "-c", KILLED, str(folder)], env={"PYTHONPATH": str(TESTS)}, check=False
            )
            assert killed.returncode == -signal.SIGKILL
            assert server.wait(PATIENCE) == -signal.SIGQUIT
        finally:
            server.kill()
    end = time.monotonic() + PATIENCE
    while folder.exists():
        assert time.monotonic() < end
        time.sleep(0.01)
