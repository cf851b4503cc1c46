"""The certificate that is made on the spot, who trusts it, and the QR code."""

import ssl
import stat
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import trustme

from sk_imu import Recording, SensorStream
from sk_imu.cli import main
from sk_imu.readers import write_sensor_logger
from sk_imu.server._addresses import (
    addresses_of,
    lan_addresses,
    qr_as_svg,
    qr_in_terminal,
    reachable_hosts,
)
from sk_imu.server._https import certificate_for
from sk_imu.streaming import replay


def names_in(certfile):
    decoded = ssl._ssl._test_decode_cert(str(certfile))
    return {value for _, value in decoded["subjectAltName"]}


def test_certificate_is_private_kept_and_renewed_for_another_address(tmp_path):
    folder = tmp_path / "certificate"
    made = certificate_for(["192.168.1.5"], folder)
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names_in(made.certfile) == {"192.168.1.5", "localhost", "127.0.0.1"}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*made)  # raises if key and certificate do not belong together
    before = made.certfile.read_bytes()
    assert certificate_for(["192.168.1.5"], folder).certfile.read_bytes() == before
    # In another network it is made anew, and back in the first one it still fits.
    certificate_for(["10.0.0.7", "gym.local"], folder)
    assert {"10.0.0.7", "gym.local", "192.168.1.5"} <= names_in(made.certfile)
    both = made.certfile.read_bytes()
    for hosts in (["192.168.1.5"], ["10.0.0.7"], ["gym.local"]):
        assert certificate_for(hosts, folder).certfile.read_bytes() == both
    for last in range(30):  # as many as there are, they are not kept for ever
        certificate_for([f"10.0.1.{last}"], folder)
    assert {f"10.0.1.{last}" for last in range(15, 30)} <= names_in(made.certfile)
    assert len(names_in(made.certfile)) <= 23


@pytest.mark.parametrize("fault", ["no key", "no certificate", "cut off", "open to all"])
def test_a_kept_certificate_that_is_no_use_is_made_anew(tmp_path, fault):
    made = certificate_for(["192.168.1.5"], tmp_path)
    before = made.certfile.read_bytes()
    if fault == "no key":
        made.keyfile.unlink()
    elif fault == "no certificate":
        made.certfile.unlink()
    elif fault == "cut off":
        made.certfile.write_bytes(before[:100])
    else:
        made.keyfile.chmod(0o644)
    again = certificate_for(["192.168.1.5"], tmp_path)
    assert again.certfile.read_bytes() != before
    assert stat.S_IMODE(again.keyfile.stat().st_mode) == 0o600
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*again)


class Taking(BaseHTTPRequestHandler):
    """Answer each message as the service does."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def encrypted():
    """Return what serves with a certificate and returns the address."""
    servers = []

    def serve(context):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        servers.append(server)
        return f"https://localhost:{server.server_port}/data"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_names_that_no_certificate_can_be_for(tmp_path):
    with pytest.raises(ValueError, match=r"made for my_host: .*such as 0\.0\.0\.0"):
        certificate_for(["my_host"], tmp_path)
    assert list(tmp_path.iterdir()) == []
    made = certificate_for(["fe80::1%eth0"], tmp_path)
    before = made.certfile.read_bytes()
    assert certificate_for(["fe80::1%eth0"], tmp_path).certfile.read_bytes() == before


def test_replay_trusts_the_certificate_of_this_machine(
    encrypted, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "here"))
    made = certificate_for(["192.168.1.5"], tmp_path / "here" / "sk_imu")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*made)
    url = encrypted(context)
    times = np.arange(0, 1, 0.02)
    stream = SensorStream(times, np.ones((len(times), 3)), ("x", "y", "z"))
    recording = Recording({"Accelerometer": stream})
    write_sensor_logger(recording, tmp_path / "one.zip")
    command = ["replay", str(tmp_path / "one.zip"), url, "--speed", "0"]
    assert main(command) == 0
    assert "5 messages sent" in capsys.readouterr().out
    # Elsewhere, the file has to be given.
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
    assert main(command) == 1
    assert "certificate verify failed" in capsys.readouterr().err
    assert main([*command, "--certificate", str(made.certfile)]) == 0
    assert main([*command, "--certificate", str(made.keyfile)]) == 1
    assert f"certificate {made.keyfile}" in capsys.readouterr().err
    # The name is checked, too.
    other = trustme.CA().issue_cert("gym.local")
    other.cert_chain_pems[0].write_to_path(tmp_path / "other.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    other.configure_cert(context)
    with pytest.raises(OSError, match=r"not valid for 'localhost'.*certificate"):
        replay(recording, encrypted(context), certificate=tmp_path / "other.pem")


def test_hosts_that_a_phone_can_reach():
    assert reachable_hosts("192.168.1.5") == ["192.168.1.5"]
    assert not any(one.startswith("127.") for one in lan_addresses())
    everywhere = reachable_hosts("0.0.0.0")
    assert everywhere == (lan_addresses() or ["localhost"])


def test_addresses_hold_the_token_and_what_a_phone_reaches():
    found = addresses_of("https://192.168.1.5:8000", "secret-secret")
    assert found.phone == "https://192.168.1.5:8000/phone?token=secret-secret"
    assert found.push == "https://192.168.1.5:8000/data?token=secret-secret"
    assert (found.is_local, found.is_encrypted) == (False, True)
    local = addresses_of("http://127.0.0.1:8000", "secret-secret")
    assert local.page() == "http://127.0.0.1:8000/?token=secret-secret"
    assert local.is_local
    everywhere = addresses_of("http://0.0.0.0:80", "secret-secret")
    assert everywhere.page("/collect") == "http://localhost:80/collect?token=secret-secret"


def test_qr_codes_are_of_the_whole_address():
    address = "https://192.168.1.5:8000/phone?token=abcdefgh-12345678"
    shown = qr_in_terminal(address)
    assert shown.count("\n") > 10
    svg = qr_as_svg(address)
    assert svg.startswith("<svg")
    assert svg != qr_as_svg(address + "9")
