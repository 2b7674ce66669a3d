"""Mail by SMTP: one connection for a run of letters, and what is wrong told apart by what to do about it."""

import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from threading import Timer
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from service_desk.channels.outgoing import NotYet, Outgoing, Undeliverable, Unreachable, in_one_line
from service_desk.domain.sentences import say

SECONDS = 20
"""How long any one answer of the server is waited for."""
LONGEST = 60
"""How many seconds one letter may take from greeting to receipt, however busily the server talks."""
PERMANENT = 500


@dataclass(frozen=True, repr=False)
class Server:
    """Where mail is handed in; ``secure`` speaks TLS from the first byte, else STARTTLS is used where offered."""

    host: str
    port: int
    user: str | None
    password: str | None
    secure: bool

    @classmethod
    def at(cls, url: str) -> Self:
        """The server of ``smtp://user:pass@host:port`` or ``smtps://…``; ``ValueError`` with a sentence else."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("The mail server's address has no usable host or port.") from None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("The mail server's address must read smtp://host:port or smtps://host:port.")
        secure = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=port or (465 if secure else 587 if parts.username else 25),
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            secure=secure,
        )


class Post:
    """Hands letters to a mail server; used in a ``with`` block, which ends the connection.

    ``sender`` is an address, bare or as ``name <address>``; ``ValueError`` where it is none.
    """

    def __init__(self, server: Server, sender: str) -> None:
        name, address = parseaddr(sender)
        self._server = server
        self._sender = Address(name, addr_spec=address)
        self._connection: _Connection | None = None
        self._is_cut = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def send(self, letter: Outgoing) -> str:
        """Hand in one letter, under a Message-ID that stays the same if it is ever handed in again.

        What the server answered to it.

        Raises ``Undeliverable`` where the server refuses the address or the letter for good, ``NotYet``
        where it refuses them for now, and ``Unreachable`` where no letter can be handed in at present.
        """
        message = self._message(letter)
        with self._in_time():
            return self._hand_in(message, letter.address)

    def _hand_in(self, message: EmailMessage, address: str) -> str:
        try:
            connection = self._connected()
        except OSError as error:  # smtplib's own errors are of this kind
            raise self._unreachable(error) from None
        except ValueError as error:
            # A name no host can have, a password smtplib cannot send, a challenge that is none: it may quote them.
            reason = type(error).__name__
            raise Unreachable(
                say("登录不成，请检查服务器的地址、用户名和密码：%(reason)s", reason=reason)
            ) from None
        try:
            connection.send_message(message, self._sender.addr_spec, [address])
        except smtplib.SMTPRecipientsRefused as error:
            raise self._refused(*error.recipients[address]) from None
        except smtplib.SMTPDataError as error:
            raise self._refused(error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPNotSupportedError as error:
            raise Undeliverable(self._safe(str(error))) from None
        except OSError as error:
            raise self._unreachable(error) from None
        return self._safe(_answer(*connection.receipt))

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Cut the connection where a server never falls silent long enough to be given up."""
        self._is_cut = False
        watch = Timer(LONGEST, self._cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _cut(self) -> None:
        connection = self._connection
        if connection is not None and isinstance(connection.sock, socket.socket):
            self._is_cut = True
            with suppress(OSError):
                # The plain one's: that of TLS would pull its state from under whoever reads.
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    def _connected(self) -> "_Connection":
        if self._connection is not None:
            return self._connection
        try:
            connection = self._connect()
            self._sign_in(connection)
        except BaseException:
            self._hang_up()
            raise
        return connection

    def _connect(self) -> "_Connection":
        server, name = self._server, self._sender.domain
        if server.secure:
            return _SecureConnection(
                self._watch, server.host, server.port, name, timeout=SECONDS, context=self._tls()
            )
        return _Connection(self._watch, server.host, server.port, name, timeout=SECONDS)

    def _watch(self, connection: "_Connection") -> None:
        """Know it before the server's first word, so that it can be cut while that is awaited."""
        self._connection = connection

    def _sign_in(self, connection: "_Connection") -> None:
        server = self._server
        connection.ehlo_or_helo_if_needed()
        if not server.secure and connection.has_extn("starttls"):
            connection.starttls(context=self._tls())
        if server.user is not None:
            if not isinstance(connection.sock, ssl.SSLSocket) and not _is_this_machine(server.host):
                # Whoever stands between could take the offer of TLS away, and be told the password.
                raise Unreachable("服务器不支持加密，没有发送密码")
            connection.login(server.user, server.password or "")

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self._server.secure and self._server.password is None:
            # A relay in the house, asked for nothing secret: its own certificate is better than none.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    def _message(self, letter: Outgoing) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        try:
            message["To"] = Address(addr_spec=letter.address)
        except (ValueError, IndexError) as error:
            raise Undeliverable(f"Not a mail address: {error}") from None
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = letter.created_at
        message["Message-ID"] = f"<letter-{letter.id}@{self._sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        if letter.attachment is not None:
            maintype, _, subtype = letter.attachment.mime_type.partition("/")
            message.add_attachment(
                letter.attachment.path.read_bytes(),
                maintype=maintype,
                subtype=subtype,
                filename=letter.attachment.name,
            )
        return message

    def _refused(self, code: int, text: bytes | str) -> Exception:
        answer = self._safe(_answer(code, text))
        return Undeliverable(answer) if code >= PERMANENT else NotYet(answer)

    def _unreachable(self, error: OSError) -> Unreachable:
        self._hang_up()
        if self._is_cut:
            return Unreachable(say("%(seconds)s 秒内没有办完", seconds=LONGEST))
        if isinstance(error, smtplib.SMTPResponseException):
            return Unreachable(self._safe(_answer(error.smtp_code, error.smtp_error)))
        return Unreachable(self._safe(f"{type(error).__name__}: {error}"))

    def _safe(self, text: str) -> str:
        """The server's words without our credentials, should it repeat them."""
        for secret in (self._server.password, self._server.user):
            if secret:
                text = text.replace(secret, "***")
        return in_one_line(text)


class _Connection(smtplib.SMTP):
    """Says when it begins to connect, and remembers the answer to the last letter, which smtplib drops."""

    receipt: tuple[int, bytes | str] = (0, b"")

    def __init__(self, begins: "Callable[[_Connection], None]", *given: Any, **more: Any) -> None:
        self._begins = begins
        super().__init__(*given, **more)

    def connect(self, *given: Any, **more: Any) -> tuple[int, bytes]:
        """Connect, and read the server's greeting."""
        self._begins(self)
        return super().connect(*given, **more)

    def data(self, msg: Any) -> tuple[int, bytes]:  # noqa: ANN401 - as smtplib hands it on
        """Hand in the letter's text."""
        answer = super().data(msg)
        self.receipt = answer
        return answer


class _SecureConnection(_Connection, smtplib.SMTP_SSL):
    """The same with TLS from the first byte on."""


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _answer(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
