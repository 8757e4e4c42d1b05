"""A real mail server on loopback that can refuse, hang up and be away, and keeps what it took."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from runtime.addresses import MailAccess

USER, PASSWORD = "siklus", "only-for-this-test"


@dataclass
class MailServer:
    """What was taken, and what is to be answered.

    ``refuse`` answers an address with a line of SMTP, or None to take it; ``on_taken`` runs when a
    message was taken, before the server says so.
    """

    tls: ssl.SSLContext | None = None
    needs_login: bool = False
    refuse: Callable[[str], str | None] = lambda address: None
    on_taken: Callable[[], None] = lambda: None
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, on the port of the last time if there was one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Be away: nobody can connect."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _protocol(self) -> SMTP:
        return SMTP(
            self,
            hostname="localhost",
            tls_context=self.tls,
            require_starttls=self.tls is not None,
            auth_required=self.needs_login,
            authenticator=self._log_in if self.needs_login else None,
        )

    def _log_in(self, server, session, envelope, mechanism, given) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append(given.login.decode())
        return AuthResult(success=given.password.decode() == PASSWORD)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.refuse(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        message = message_from_bytes(bytes(envelope.original_content or b""), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.taken += [(address, message) for address in envelope.rcpt_tos]
        self.was_encrypted.append(session.ssl is not None)
        self.on_taken()
        return "250 taken"

    def times(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(str(message["Message-ID"]) for _, message in self.taken)

    def access(self, **changed) -> MailAccess:
        given = {"host": "127.0.0.1", "port": self.port, "tls": "none"} | changed
        return MailAccess.model_validate(given)

    def secure_access(self, certificate: Path) -> MailAccess:
        """Encrypted and logged in, trusting the certificate alone."""
        password = SecretStr(PASSWORD)
        return self.access(
            host="localhost", tls="starttls", ca_file=certificate, user=USER, password=password
        )


def make_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of this test's own for localhost, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return certificate, context
