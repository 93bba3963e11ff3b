"""`make run`: one command from nothing to a running site; a second start finds everything done."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from gtsite import install, launch

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_launcher(**variables):
    environment = {**os.environ, **{name: str(value) for name, value in variables.items()}}
    environment.pop("DATABASE_URL", None)
    return subprocess.Popen(
        [sys.executable, "-m", "gtsite.launch"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def lines_until(process, wanted):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if wanted in line:
            break
    return "".join(lines)


def test_a_taken_port_is_told_in_one_sentence(tmp_path, free_port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port))
        taken.listen()
        process = run_launcher(PORT=free_port, VAR_DIR=tmp_path)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"Port {free_port} cannot be used (Address already in use)" in err
    assert "Traceback" not in out + err


def test_the_trial_launcher_refuses_production(settings):
    settings.PRODUCTION = True
    with pytest.raises(SystemExit, match="for trying GTSite out"):
        launch.main()


def test_static_files_are_collected_again_only_when_one_is_newer(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    assert launch.static_files_changed()
    manifest = tmp_path / "staticfiles.json"
    manifest.write_text(json.dumps({}))
    assert not launch.static_files_changed()
    os.utime(manifest, (0, 0))
    assert launch.static_files_changed()


def test_when_one_process_ends_by_itself_the_other_is_stopped():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    lasting = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    handler = signal.getsignal(signal.SIGINT)
    try:
        assert launch.wait_for_the_first_to_end([ended, lasting]) == 1
    finally:
        launch.stop([ended, lasting])
        signal.signal(signal.SIGINT, handler)
    assert lasting.returncode == -signal.SIGTERM


def test_an_old_python_is_told_so_in_one_sentence(monkeypatch):
    monkeypatch.setattr(install, "NEEDED", (99, 0))
    monkeypatch.setattr(install, "NEWER_NAMES", ())
    with pytest.raises(SystemExit, match=r"GTSite needs Python 3\.11 or newer; this is Python \d"):
        install.main("requirements.txt")


def test_an_installed_environment_is_left_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(install, "FOLDER", str(tmp_path))
    monkeypatch.setattr(install, "VENV_PYTHON", sys.executable)
    (tmp_path / "installed-requirements.txt").write_text((ROOT / "requirements.txt").read_text())
    monkeypatch.setattr(install, "install", lambda *_: pytest.fail("installed again"))
    assert install.main("requirements.txt") == 0


def test_changed_requirements_are_installed_and_remembered(monkeypatch, tmp_path):
    installed = []
    monkeypatch.setattr(install, "FOLDER", str(tmp_path))
    monkeypatch.setattr(install, "VENV_PYTHON", sys.executable)
    monkeypatch.setattr(install, "install", lambda name, count: installed.append(name))
    (tmp_path / "installed-requirements.txt").write_text("django==1.0\n")
    install.main("requirements.txt")
    install.main("requirements.txt")
    assert installed == ["requirements.txt"]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", ".ci/requirements-django61.txt"])
def test_every_pinned_package_is_hashed_and_no_registry_is_named(name):
    text = (ROOT / name).read_text()
    blocks = [block for block in text.replace("\\\n", " ").splitlines() if block.strip()]
    assert blocks
    assert all("==" in block and "--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert "--index" not in text


def answer_of(address):
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.status, answer.headers


def test_the_site_starts_answers_and_stops_cleanly(tmp_path, free_port):
    """Twice: the second start prepares nothing and keeps the sign-ins."""
    told = []
    for _ in range(2):
        process = run_launcher(PORT=free_port, VAR_DIR=tmp_path, STATIC_ROOT=tmp_path / "static")
        try:
            told.append(lines_until(process, "Ctrl-C stops"))
            assert process.poll() is None, process.stderr.read()
            status, headers = answer_of(f"http://127.0.0.1:{free_port}/admin/login/")
            assert status == 200
            assert headers["Cache-Control"] == "no-store, private"
            assert answer_of(f"http://127.0.0.1:{free_port}/")[0] == 200
        finally:
            started = time.monotonic()
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=30)
        assert process.returncode == 0
        assert time.monotonic() - started < 10
        assert "Traceback" not in rest + errors
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", free_port)) != 0
    first, second = told
    assert "Preparing the database" in first
    assert "Preparing the database" not in second
    assert "Collecting" not in second
    assert f"http://127.0.0.1:{free_port}/admin/" in second
    sign_ins = tmp_path / "demo-sign-ins.txt"
    assert sign_ins.stat().st_mode & 0o777 == 0o600
    assert sign_ins.read_text().strip() in first
    assert sign_ins.read_text().strip() in second
