"""All that has to hold for the Python package: `python3 sdk/python/check.py TARGET_DIR`.

TARGET_DIR keeps the environment, what is built, and every cache; nothing is written beside the
sources. BAILIWICK_BIN names the product's binary. Python 3.11 or later, for the packages that the
tests hold the client against; the client itself needs 3.10."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LISTED = HERE / "requirements.txt"
PIP = ["-m", "pip", "--quiet", "--disable-pip-version-check"]


def main() -> None:
    if len(sys.argv) != 2 or sys.version_info < (3, 11):
        sys.exit("python3.11 or later: python3 check.py TARGET_DIR")
    binary = Path(os.environ.get("BAILIWICK_BIN", ""))
    if not binary.is_file():
        sys.exit("BAILIWICK_BIN has to name the built binary")
    target = Path(sys.argv[1]).resolve()
    target.mkdir(parents=True, exist_ok=True)
    with (target / "lock").open("w") as lock:
        # Two at a time would take the folders from under one another.
        fcntl.flock(lock, fcntl.LOCK_EX)
        check(target, binary.resolve())


def check(target: Path, binary: Path) -> None:
    """Everything, in order; ends at the first thing that does not hold."""
    python = environment(target / "venv")
    wheel = build(python, target / "dist")
    run(python, *PIP, "install", "--force-reinstall", "--no-deps", str(wheel))
    run(python, "-m", "mypy", "--cache-dir", str(target / "mypy"))
    for act in (["check"], ["format", "--check"]):
        run(python, "-m", "ruff", *act, "--cache-dir", str(target / "ruff"), ".", "../../bench/sdk")
    os.environ["BAILIWICK_BIN"] = str(binary)
    run(python, "-m", "pytest", "--basetemp", str(target / "tests"))


def environment(folder: Path) -> Path:
    """The interpreter of an environment that has exactly what is listed."""
    python, mark = folder / "bin" / "python", folder / "installed"
    listed = f"{sys.version}\n{LISTED.read_text()}"
    if mark.is_file() and mark.read_text() == listed:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    run(Path(sys.executable), "-m", "venv", str(folder))
    run(python, *PIP, "install", "--require-hashes", "--only-binary=:all:", "-r", str(LISTED))
    mark.write_text(listed)
    return python


def build(python: Path, folder: Path) -> Path:
    """The wheel. It and the sdist hold what they should, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    run(python, "-m", "build", "--no-isolation", "--outdir", str(folder), str(HERE))
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    package = {f"bailiwick/{path.name}" for path in (HERE / "src" / "bailiwick").iterdir()}
    package = {name for name in package if not name.endswith("__pycache__")}
    with zipfile.ZipFile(wheel) as held:
        names = {name for name in held.namelist() if ".dist-info/" not in name}
    expect(wheel, names, package)
    with tarfile.open(sdist) as held:
        names = {name.partition("/")[2] for name in held.getnames()}
    beside = {".gitignore", "PKG-INFO", "README.md", "pyproject.toml"}
    expect(
        sdist, names - {".gitignore"}, {f"src/{name}" for name in package} | beside - {".gitignore"}
    )
    if "bailiwick/py.typed" not in package:
        sys.exit("py.typed is missing: nobody would see the types")
    return wheel


def expect(archive: Path, names: set[str], wanted: set[str]) -> None:
    if names != wanted:
        sys.exit(f"{archive.name}: {sorted(names ^ wanted)} should not be, or is missing")


def run(*command: object) -> None:
    """Runs a program, with nothing written beside the sources, and ends where it fails."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    line = [str(part) for part in command]
    print("$", *line[1:], flush=True)
    done = subprocess.run(line, cwd=HERE, env={**clean, "PYTHONDONTWRITEBYTECODE": "1"})
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
