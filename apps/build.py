"""Builds the command-line applications into the package: `make apps`.

The same sources and the same tools (requirements/apps.txt) give the same programs on any Linux: no clock, no
path and no name of this machine gets into them. docs/adr/0013-command-line-applications.md tells why so.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

APPS: Final = Path(__file__).parent
PACKED: Final = APPS.parent / "src/kavle/north/downloads/sms.zip"
_TIME: Final = (2026, 1, 1, 0, 0, 0)  # of every file in the zip; the format wants one
_LIBRARIES: Final = ("kernel32", "shell32", "winhttp")
_CFLAGS: Final = (
    # i686, as the oldest machines that run XP; no C runtime, so no stack protector and no memset of its own.
    *("-target", "x86-windows-gnu", "-mcpu=i686", "-std=c23", "-Os", "-fno-stack-protector", "-fno-builtin"),
    *("-fno-sanitize=all", "-Wall", "-Wextra", "-Wno-sign-compare", "-Werror"),
)
# Subsystem 5.01 is Windows XP: an older number than the machine's own is what Windows asks for.
_LINK: Final = ("/entry:start", "/subsystem:console,5.01", "/safeseh:no", "/Brepro", "/opt:ref")


def tool(package: str, path: str) -> Path | None:
    """A program that a wheel brings; None where that is not installed."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0]) / path


def made_from() -> str:
    """A digest of all that decides the programs' bytes. The zip bears it, so that a change of the sources
    without `make apps` is seen where there are no compilers, too."""
    sources = [*APPS.glob("windows/*"), *APPS.glob("linux/*"), APPS / "README.txt", APPS / "build.py"]
    digest = hashlib.sha256()
    for source in [*sorted(sources), APPS.parent / "requirements/apps.in"]:
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()


def build_windows(into: Path, zig: Path) -> Path:
    """sms.exe, for 32-bit Windows."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = os.environ | {"ZIG_GLOBAL_CACHE_DIR": f"{scratch}/cache"}

        def run(*words: str) -> None:
            subprocess.run([zig, *words], check=True, cwd=scratch, env=environment)

        sources = sorted((APPS / "windows").glob("*.c"))
        for source in sources:
            run("cc", *_CFLAGS, "-c", str(source), "-o", f"{source.stem}.o")
        for library in _LIBRARIES:
            definition = zig.parent / f"lib/libc/mingw/lib32/{library}.def"
            run("dlltool", "-m", "i386", "-k", "-d", str(definition), "-l", f"{library}.lib")
        objects = [f"{source.stem}.o" for source in sources]
        run("lld-link", *_LINK, "/out:sms.exe", *objects, *(f"{name}.lib" for name in _LIBRARIES))
        return Path(shutil.copy(f"{scratch}/sms.exe", into))


def build_linux(into: Path, go: Path) -> Path:
    """sms, for any 64-bit x86 Linux, with nothing beside it."""
    target = into / "sms"
    settings = {
        **{"GOOS": "linux", "GOARCH": "amd64", "GOAMD64": "v1", "CGO_ENABLED": "0"},
        **{"GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "", "GOWORK": "off", "GOENV": "off"},
        "GOROOT": str(go.parent.parent),
    }
    with tempfile.TemporaryDirectory() as scratch:
        words = ["build", "-trimpath", "-buildvcs=false", "-tags", "nethttpomithttp2"]
        words += ["-ldflags", "-s -w -buildid=", "-o", str(target.resolve()), "."]
        environment = os.environ | {"GOCACHE": scratch, "GOPATH": f"{scratch}/path"} | settings
        subprocess.run([go, *words], check=True, cwd=APPS / "linux", env=environment)
    return target


def pack(target: Path, *programs: Path) -> None:
    """The zip as it is served, but for sms.ini, which each gateway adds with its own address."""
    readme = (APPS / "README.txt").read_text("utf-8").replace("\n", "\r\n").encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for program in programs:
            packed.writestr(_entry(program.name, 0o755), program.read_bytes())
        packed.writestr(_entry("README.txt", 0o644), readme)
        packed.comment = f"sms, made from {made_from()}".encode()


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = 3  # Unix, so that the modes count
    entry.external_attr = (0o100000 | mode) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=PACKED, help="the zip to write (default: %(default)s)")
    target: Path = parser.parse_args().into
    zig, go = tool("ziglang", "zig"), tool("go", "bin/go")
    if zig is None or go is None:
        parser.error("the compilers are missing: call it by `make apps`, which installs them")
    with tempfile.TemporaryDirectory() as scratch:
        programs = [build_windows(Path(scratch), zig), build_linux(Path(scratch), go)]
        pack(target, *programs)
        for program in programs:
            print(f"{program.name:8} {program.stat().st_size:9,} bytes")
    print(f"{target.name:8} {target.stat().st_size:9,} bytes")


if __name__ == "__main__":
    main()
