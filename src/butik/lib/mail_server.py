"""The address of a mail server, as a person sets it: smtps://user:password@mail.example.com. Pure.

What it says is never repeated in a refusal: it holds a password.
"""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from butik.lib.web_address import BadWebAddress, read_host, read_port

# By its scheme: the port that goes without saying. Whether the certificate fits is always looked at.
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
FORM = "smtps://user:password@mail.example.com, or with smtp+starttls:// or smtp://"


@dataclass(frozen=True, slots=True)
class MailServer:
    scheme: str
    host: str
    port: int
    user: str
    password: str


def read_mail_server(said: str) -> MailServer:
    """What cannot work, or would show a password to the network, is refused (BadWebAddress)."""
    try:
        parts = urlsplit(said)
    except ValueError:
        raise BadWebAddress(f"must be as {FORM}") from None
    if parts.scheme not in PORTS:
        raise BadWebAddress(f"must be as {FORM}")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or said.endswith(("?", "#")):
        raise BadWebAddress("must end with the host: in a password a # is written %23, a / %2F, a ? %3F and a @ %40")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise BadWebAddress("must have both a user and a password, or neither")
    if any(each < " " or each == "\x7f" for each in said + user + password):
        raise BadWebAddress("must have no line breaks or tabs in it")
    host = read_host(parts.hostname or "")
    if password and parts.scheme == "smtp" and host not in THIS_MACHINE:
        raise BadWebAddress("must begin with smtps:// or smtp+starttls://: smtp:// shows the password to the network")
    return MailServer(parts.scheme, host, read_port(parts) or PORTS[parts.scheme], user, password)
