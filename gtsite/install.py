"""Make `.venv` and install what a requirements file pins, by hash: `python3 gtsite/install.py FILE`.

Runs on whatever `python3` is, so it uses the standard library only and old syntax. A second run sees that
nothing changed and takes no time.
"""

import os
import shutil
import subprocess
import sys

NEEDED = (3, 11)
NEWER_NAMES = ("python3.13", "python3.12", "python3.11")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDER = os.path.join(ROOT, os.environ.get("VENV", ".venv"))
VENV_PYTHON = os.path.join(FOLDER, "bin", "python")


def main(requirements):
    if sys.version_info < NEEDED:
        return run_with_newer_python()
    wanted = read(os.path.join(ROOT, requirements))
    stamp = os.path.join(FOLDER, "installed-" + os.path.basename(requirements))
    if read(stamp) == wanted and works(VENV_PYTHON, "-m", "pip", "--version"):
        return 0
    if not works(VENV_PYTHON, "-m", "pip", "--version"):
        make_environment()
    install(requirements, wanted.count("=="))
    with open(stamp, "w") as file:
        file.write(wanted)
    return 0


def run_with_newer_python():
    for name in NEWER_NAMES:
        if shutil.which(name) and works(name, "-c", "pass"):
            return subprocess.call([name, *sys.argv])
    found = ".".join(map(str, sys.version_info[:3]))
    sys.exit("GTSite needs Python 3.11 or newer; this is Python " + found + ".")


def make_environment():
    tell("Making {} ...\n".format(os.path.basename(FOLDER)))
    if subprocess.call([sys.executable, "-m", "venv", "--clear", FOLDER], stdout=subprocess.DEVNULL):
        sys.exit("Python could not make .venv. On Debian and Ubuntu: apt install python3-venv")


def install(requirements, total):
    """Run pip; on a terminal count what it has collected. Its errors are shown whole."""
    tell("Installing {} packages from {} ...\n".format(total, requirements))
    command = [VENV_PYTHON, "-m", "pip", "install", "--require-hashes", "--disable-pip-version-check", "-r"]
    process = subprocess.Popen(
        [*command, os.path.join(ROOT, requirements)], stdout=subprocess.PIPE, universal_newlines=True
    )
    seen = 0
    for line in process.stdout or []:
        seen += line.startswith(("Collecting", "Requirement already", "Ignoring"))
        if sys.stderr.isatty():
            tell("\r  {} of {}{}".format(seen, total, "  unpacking" if line.startswith("Inst") else ""))
    if sys.stderr.isatty():
        tell("\n")
    if process.wait():
        sys.exit("Installing failed; the lines above say why. Is this machine on line?")


def works(*command):
    try:
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path) as file:
        return file.read()


def tell(text):
    sys.stderr.write(text)
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
