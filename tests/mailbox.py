"""A real mail server on loopback that can be out of order, refuse an address, or take its time."""

import asyncio
import socket
import ssl
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


def free_port() -> int:
    """A port of loopback nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


@dataclass
class Mailbox:
    """What arrived, in order; the switches say how the server answers from now on."""

    port: int = field(default_factory=free_port)
    arrived: list[EmailMessage] = field(default_factory=list)
    out_of_order: str = ""
    """The answer to everything while it is set, such as ``451 come back later``."""
    unknown: set[str] = field(default_factory=set)
    began: threading.Event = field(default_factory=threading.Event)
    hold: bool = False
    """Take a letter in and never answer: whoever sends it hangs in the middle."""
    tls: ssl.SSLContext | None = None
    """Speak TLS: after STARTTLS, which is then required, or from the first byte on where ``secure``."""
    secure: bool = False
    knows: tuple[str, str] | None = None
    """The only name and password that sign in, for whoever wants to."""
    signed_in: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it takes mail."""
        return f"{'smtps' if self.secure else 'smtp'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._authenticate,
            auth_require_tls=False,
            ssl_context=self.tls if self.secure else None,
            tls_context=None if self.secure else self.tls,
            require_starttls=self.tls is not None and not self.secure,
        )
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        """Refuse whoever is not known, and be indiscreet about it."""
        assert isinstance(given, LoginPassword)
        name, password = given.login.decode(), given.password.decode()
        if (name, password) == self.knows:
            self.signed_in.append(name)
            return AuthResult(success=True)
        said = f"535 {name} does not sign in with {password}"
        return AuthResult(success=False, handled=False, message=said)

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.out_of_order:
            return self.out_of_order
        if address in self.unknown:
            return "550 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - as aiosmtpd calls it
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        message = message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(message, EmailMessage)
        self.arrived.append(message)
        self.began.set()
        if self.hold:
            # No answer: the letter is in, and the sender does not know.
            await _for_ever()
        return "250 OK"


async def _for_ever() -> None:
    await asyncio.Event().wait()
