"""A certificate for this machine, made on the spot."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ._addresses import is_of_this_machine
from ._needs import needs_serve

#: Apple refuses certificates that are valid for longer than 825 days.
_VALID = timedelta(days=365)
#: A certificate that ends sooner is made anew.
_LEAST = timedelta(days=30)
_LOCAL = ("localhost", "127.0.0.1")
#: How many addresses of before a new certificate is for.
_MOST_NAMES = 20


class Certificate(NamedTuple):
    """The files of a certificate, as uvicorn takes them."""

    certfile: Path
    keyfile: Path


def certificate_folder() -> Path:
    """Return the folder in which a certificate is kept."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "sk_imu")


def _kept_in(folder: Path) -> Certificate:
    return Certificate(folder / "certificate.pem", folder / "key.pem")


def own_certificate(url: str) -> Path | None:
    """Return the certificate of a service of this machine, for those who ask it.

    Parameters
    ----------
    url : str
        The address of the service.

    Returns
    -------
    path : pathlib.Path or None
        The file that :func:`serve` keeps; None if there is none, or the address is of
        another machine or not encrypted.

    Examples
    --------
    >>> from sk_imu.server import own_certificate
    >>> print(own_certificate("https://example.org/data"))
    None
    """
    path = _kept_in(certificate_folder()).certfile
    is_needed = url.startswith("https:") and is_of_this_machine(url)
    return path if is_needed and path.is_file() else None


def certificate_for(hosts: list[str], folder: Path) -> Certificate:
    """Return a certificate for this machine, made where none that fits is kept.

    It is signed by an authority that is made for it alone and whose key is forgotten, so
    that nothing else can be signed by it. A browser warns of each certificate once, so a
    new one is also for the addresses of the one before: a computer that goes back to
    another network needs no third one.

    Parameters
    ----------
    hosts : list of str
        Names and addresses that the certificate has to be for; it is for localhost, too.
    folder : Path
        Where it is kept. Only its owner may read its files.

    Returns
    -------
    certificate : Certificate
        The paths of the certificate and the key.

    Raises
    ------
    ImportError
        If the extra ``serve`` is not installed.
    OSError
        If the files can't be written.
    ValueError
        If a certificate can't be for a name.
    """
    # A certificate has no place for the interface in an address such as fe80::1%eth0.
    wanted = {*(host.partition("%")[0] for host in hosts), *_LOCAL}
    certificate = _kept_in(folder)
    known = _names_in(certificate.certfile)
    if wanted <= set(known) and _is_usable(certificate):
        return certificate
    # The oldest ones are forgotten.
    older = [name for name in known if name not in wanted][:_MOST_NAMES]
    with needs_serve():
        import trustme
    now = datetime.now(UTC)
    authority = trustme.CA(
        organization_name="sk_imu", organization_unit_name="this machine"
    )
    begin, end = now - timedelta(days=1), now + _VALID
    try:
        made = authority.issue_cert(
            *sorted(wanted), *older, not_before=begin, not_after=end
        )
    except ValueError as error:  # a name with an underscore, say
        raise ValueError(
            f"No certificate can be made for {', '.join(hosts)}: {error}. Give an address "
            "in place of the name, such as 0.0.0.0 for all networks."
        ) from error
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The key comes first, and the certificate only with it: half a pair is made anew.
    certificate.certfile.unlink(missing_ok=True)
    chain = b"".join(blob.bytes() for blob in made.cert_chain_pems)
    for path, content in (
        (certificate.keyfile, made.private_key_pem.bytes()),
        (certificate.certfile, chain),
    ):
        with _private(path) as file:
            file.write(content)
    return certificate


@contextmanager
def _private(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that only its owner may read, from its first byte on."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        yield file


def _names_in(certfile: Path) -> list[str]:
    """Return the names and addresses that a kept certificate is for, the newest first."""
    with needs_serve():
        from cryptography import x509
    try:
        kept = x509.load_pem_x509_certificate(certfile.read_bytes())
        names = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return []
    return [str(name.value) for name in names]


def _is_usable(certificate: Certificate) -> bool:
    """Return whether a certificate is valid for long enough, and its key private."""
    from cryptography import x509

    try:
        kept = x509.load_pem_x509_certificate(certificate.certfile.read_bytes())
        key_mode = certificate.keyfile.stat().st_mode
    except OSError:
        return False
    is_private = os.name == "nt" or not key_mode & 0o077
    return kept.not_valid_after_utc - datetime.now(UTC) > _LEAST and is_private
