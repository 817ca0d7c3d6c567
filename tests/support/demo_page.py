"""A person of the demo at a browser: signing in takes the password and a code."""

import time

from playwright.sync_api import Page

from butik.simulator.demo.folder import Secrets
from butik.simulator.demo.second_factor import code_at


def sign_in(page: Page, url: str, email: str, secrets: Secrets) -> None:
    page.goto(url)
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(secrets.people[email])
    page.keyboard.press("Enter")
    page.locator("input[name=code]").fill(code_at(secrets.second_factors[email], time.time()))
    page.keyboard.press("Enter")
    page.locator("input[name=code]").wait_for(state="detached")
