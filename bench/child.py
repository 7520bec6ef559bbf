"""A process under measurement: started, watched through /proc, and ended for certain."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PATIENCE: Final = 30.0


class Broken(Exception):
    """A process or a measurement went wrong; the text tells what."""


class Child:
    """`lines` of its standard output can be read one by one; its errors go to a file."""

    def __init__(self, name: str, process: subprocess.Popen[str], errors: Path) -> None:
        self.name = name
        self.errors = errors
        self._process = process

    @property
    def input(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin

    def line(self, seconds: float = _PATIENCE) -> str:
        """The next line that it writes. Raises `Broken` when it ends or takes longer."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline() if self._readable(seconds) else ""
        if not line:
            raise Broken(f"{self.name} said nothing{self.complaint()}")
        return line

    def has_output(self) -> bool:
        return self._readable(0)

    def check(self) -> None:
        """Raises `Broken` if it is gone."""
        if self._process.poll() is not None:
            raise Broken(f"{self.name} ended with {self._process.returncode}{self.complaint()}")

    def complaint(self) -> str:
        said = self.errors.read_text(errors="replace").strip().splitlines()[-15:]
        return ":\n" + "\n".join(said) if said else ""

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu(self) -> float:
        """Seconds of CPU so far, user and system, of all its threads."""
        return cpu_of(self.pid)

    def memory(self) -> int:
        """Bytes resident now."""
        return self._status("VmRSS")

    def peak_memory(self) -> int:
        return self._status("VmHWM")

    def stop(self) -> None:
        """Ask, wait, and kill."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _readable(self, seconds: float) -> bool:
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], seconds)[0])

    def _status(self, key: str) -> int:
        found = status_of(self.pid, key)
        if found is None:
            raise Broken(f"{self.name} is gone{self.complaint()}")
        return found


def cpu_of(pid: int) -> float:
    # proc(5): the name may hold spaces, so the fields are counted from behind it; utime and stime are fields
    # 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def status_of(pid: int, key: str) -> int | None:
    """Bytes; None where the process has ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    return None


def children_of(pid: int) -> list[int]:
    """The processes that it has started, and that run."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sorted(int(one) for thread in threads for one in (thread / "children").read_text().split())


@contextmanager
def child(name: str, command: Sequence[str | Path], folder: Path) -> Iterator[Child]:
    """A process that does not outlive the block. It has a session of its own, so that Ctrl-C reaches it
    through us and not beside us."""
    errors = folder / f"{name}.err"
    # Where this stands in the environment, each start compiles every module anew: no installation does.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with errors.open("wb") as sink:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
            start_new_session=True,
            env=environment,
            cwd=Path(__file__).parent.parent,
        )
    one = Child(name, process, errors)
    try:
        yield one
    except BaseException:
        one.kill()
        raise
    finally:
        one.stop()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
