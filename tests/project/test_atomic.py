"""Files are written whole, or the file before them stays."""

import errno
import os
import stat
import subprocess

import pytest

from sk_imu._atomic import replacement


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text("before")
    return path


@pytest.mark.parametrize("error", [OSError, ValueError, KeyboardInterrupt])
def test_what_fails_leaves_the_file_before_and_nothing_else(file, error):
    def write_half():
        with replacement(file) as beside:
            beside.write_text("half of")
            raise error

    with pytest.raises(error):
        write_half()
    assert file.read_text() == "before"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_is_made_or_replaced(file, tmp_path):
    for path in (file, tmp_path / "new.csv"):
        with replacement(path) as beside:
            assert beside.parent == path.parent
            beside.write_text("after")
        assert path.read_text() == "after"
    assert len(list(tmp_path.iterdir())) == 2


def test_errors_name_the_file_and_not_the_temporary_one(tmp_path):
    missing, folder = tmp_path / "no" / "model.skops", tmp_path / "results.csv"
    with pytest.raises(FileNotFoundError) as raised, replacement(missing):
        pass
    assert raised.value.filename == str(missing)
    with pytest.raises(OSError, match=r"results\.csv'$"), replacement(folder) as beside:
        beside.unlink()
    with pytest.raises(OSError, match=r"No space left.*results\.csv'$"):
        fail_to_write(folder)
    other = tmp_path / "other.csv"
    with pytest.raises(FileNotFoundError, match=r"other\.csv'$"), replacement(folder):
        other.read_text()


def fail_to_write(path):
    with replacement(path):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_two_writers_of_one_file_do_not_mix(file):
    with replacement(file) as one, replacement(file) as other:
        one.write_text("one")
        other.write_text("other")
    assert file.read_text() == "one"


def test_a_link_stays_a_link_and_modes_stay(file, tmp_path):
    file.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(file)
    with replacement(link) as beside:
        beside.write_text("after")
    assert link.is_symlink()
    assert file.read_text() == "after"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    plain, by_us = tmp_path / "plain", tmp_path / "by_us"
    plain.touch()
    with replacement(by_us):
        pass
    assert by_us.stat().st_mode == plain.stat().st_mode


def test_what_is_no_file_is_written_to(tmp_path):
    with replacement(os.devnull) as beside:
        beside.write_text("after")
    assert not os.path.isfile(os.devnull)
    with pytest.raises(OSError, match=str(tmp_path)), replacement(tmp_path) as beside:
        beside.write_text("after")
    assert tmp_path.is_dir()


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root mounts a small disk"
)
def test_a_full_disk_leaves_the_file_before(tmp_path):
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this machine does not allow to mount a small disk")
    try:
        file = tmp_path / "results.csv"
        file.write_text("before")
        with pytest.raises(OSError, match="No space"), replacement(file) as beside:
            beside.write_bytes(bytes(100_000))
        assert file.read_text() == "before"
        assert list(tmp_path.iterdir()) == [file]
    finally:
        subprocess.run(["umount", tmp_path], check=True)
