"""A real time authority (RFC 3161) on loopback: OpenSSL signs, certificates are made for the test."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CONFIG = """
[tsa]
default_tsa = main
[main]
serial = {folder}/serial
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def _certificate(
    name: str, key: rsa.RSAPrivateKey, issuer: str, by: rsa.RSAPrivateKey, *, signer: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=not signer, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if signer:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(by, hashes.SHA256())


class TimeAuthority:
    """Its files in ``folder``; ``roots_pem`` is what whoever checks is given. ``answer`` may be changed by a test."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.url = folder, ""
        root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        root = _certificate("a root for tests", root_key, "a root for tests", root_key, signer=False)
        signer = _certificate("a time authority for tests", key, "a root for tests", root_key, signer=True)
        self.roots_pem = root.public_bytes(serialization.Encoding.PEM)
        (folder / "signer.pem").write_bytes(signer.public_bytes(serialization.Encoding.PEM))
        (folder / "root.pem").write_bytes(self.roots_pem)
        plain = serialization.NoEncryption()
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        (folder / "signer.key").write_bytes(pem)
        (folder / "serial").write_text("01\n")
        (folder / "ts.cnf").write_text(CONFIG.format(folder=folder))
        self.answer: Callable[[bytes], tuple[int, bytes]] = lambda query: (200, self.signed(query))

    def signed(self, query: bytes) -> bytes:
        """OpenSSL's answer to a query."""
        (self.folder / "query").write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", str(self.folder / "ts.cnf"), "-section", "main"]
        command += ["-queryfile", str(self.folder / "query"), "-out", str(self.folder / "reply")]
        subprocess.run(command, check=True, capture_output=True)
        return (self.folder / "reply").read_bytes()


@contextmanager
def running(authority: TimeAuthority) -> Iterator[TimeAuthority]:
    """Answer on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, content = authority.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    authority.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
