"""Whose wrong tries count for whom, asked at the front door."""

import re

import httpx


def assert_callers_are_told_apart(url: str) -> None:
    """Wrong tries to sign in count for who makes them: not for all behind the proxy, nor for whom he says he is."""
    answers = {address: [_try_to_sign_in(url, address, n) for n in range(7)] for address in ("127.0.0.2", "127.0.0.9")}
    refused = {address: ["Too many wrong tries" in page for page in pages] for address, pages in answers.items()}
    assert refused == dict.fromkeys(answers, [False] * 5 + [True] * 2)


def _try_to_sign_in(url: str, address: str, number: int) -> str:
    transport = httpx.HTTPTransport(local_address=address, verify=False)
    with httpx.Client(base_url=url, transport=transport, headers={"Referer": f"{url}/accounts/login/"}) as client:
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', client.get("/accounts/login/").text)
        assert token
        said = {"login": "vera@example.com", "password": "wrong", "csrfmiddlewaretoken": token[1]}
        forged = {"X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": f"198.51.100.{number}"}
        return client.post("/accounts/login/", data=said, headers=forged).text
