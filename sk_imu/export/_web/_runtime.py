"""ONNX Runtime Web: the two files of it that the page loads."""

import base64
import hashlib
import io
import os
import tarfile
import urllib.request
from pathlib import Path

from ..._atomic import replacement

__all__ = ["VERSION", "cache_folder", "runtime_files"]

VERSION = "1.30.0"
_TARBALL = f"onnxruntime-web-{VERSION}.tgz"
#: The registry's own checksum of the tarball.
_INTEGRITY = (
    "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1Sigq"
    "R4CXAfKYQ=="
)
#: The files, in the tarball's package/dist, and their SHA-256.  Of the tarball's 145 MB,
#: the others are for graphics cards, other loaders and debugging.
_FILES = {
    "ort.wasm.bundle.min.mjs": (
        "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90"
    ),
    "ort-wasm-simd-threaded.wasm": (
        "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"
    ),
}
_REGISTRY = "https://registry.npmjs.org"
_TIMEOUT_S = 60
#: The tarball has 33 MB.
_MOST_BYTES = 2**26
_BY_HAND = (
    f"Where there is a network, run `npm pack onnxruntime-web@{VERSION}` or download "
    f"{_REGISTRY}/onnxruntime-web/-/{_TARBALL}, and give the file to onnxruntime_web "
    "(--onnxruntime-web on the command line)."
)


def runtime_files(place: str | Path | None = None) -> dict[str, bytes]:
    """Return the files of ONNX Runtime Web that the page loads, by name.

    Parameters
    ----------
    place : str or pathlib.Path, default=None
        The npm tarball, or a folder that holds the files, such as
        ``node_modules/onnxruntime-web/dist``. None takes them from the user's cache; if
        they are not there, the tarball is downloaded from the npm registry once.

    Returns
    -------
    files : dict of str to bytes
        The files, whose checksums were right.

    Raises
    ------
    ValueError
        If a file is missing at ``place``, or a checksum is wrong.
    OSError
        If the download fails.
    """
    if place is not None:
        place = Path(place)
        return _from_folder(place) if place.is_dir() else _from_tarball(place.read_bytes())
    cache = cache_folder()
    if all((cache / name).is_file() for name in _FILES):
        return _from_folder(cache)
    files = _from_tarball(_download())
    cache.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        with replacement(cache / name) as beside:
            beside.write_bytes(content)
    return files


def cache_folder() -> Path:
    """Return the folder in which downloaded files are kept."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches, "sk_imu", f"onnxruntime-web-{VERSION}")


def _from_folder(folder: Path) -> dict[str, bytes]:
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise ValueError(
            f"{folder}: holds no {' and no '.join(missing)}. Give the folder dist of the "
            f"npm package onnxruntime-web {VERSION}, or its tarball."
        )
    return _checked({name: (folder / name).read_bytes() for name in _FILES}, str(folder))


def _from_tarball(content: bytes) -> dict[str, bytes]:
    found = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if f"sha512-{found}" != _INTEGRITY:
        raise ValueError(
            f"This is not {_TARBALL} as the npm registry publishes it: its SHA-512 is "
            f"{found}. {_BY_HAND}"
        )
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        files = {}
        for name in _FILES:
            member = archive.extractfile(f"package/dist/{name}")
            files[name] = member.read() if member else b""
    return _checked(files, _TARBALL)


def _checked(files: dict[str, bytes], place: str) -> dict[str, bytes]:
    for name, content in files.items():
        if hashlib.sha256(content).hexdigest() != _FILES[name]:
            raise ValueError(
                f"{place}: {name} is not that of onnxruntime-web {VERSION}: its checksum "
                "differs. Remove it, and give the tarball of this version."
            )
    return files


def _download() -> bytes:
    # npm's own variable, for a mirror; what comes from there is checked like the rest.
    registry = os.environ.get("NPM_CONFIG_REGISTRY") or _REGISTRY
    url = f"{registry.rstrip('/')}/onnxruntime-web/-/{_TARBALL}"
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
            content: bytes = answer.read(_MOST_BYTES)
    except (OSError, ValueError) as error:
        raise OSError(f"{url}: cannot be downloaded: {error}. {_BY_HAND}") from error
    return content
