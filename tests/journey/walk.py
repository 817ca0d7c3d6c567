"""Walk all pages that links lead to, once a route, and say what is wrong with each as a picky reader would."""

import re
from collections import deque
from functools import cache

from playwright.sync_api import Page
from tools.messages import load, po_files

from tests.support.street import PASSWORD

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/)")
NOT_PAGES = re.compile(r"\.csv|/download/|/logout/|/language/|^/live/|^/api/")
# No Danish sentence has these words. Error texts and evidence stand in elements of their own, as they came.
ENGLISH = re.compile(r"\b(?:the|with|your|this|please|has|have|are|been|yet|of)\b", re.IGNORECASE)
TEN_DIGITS = "12.345.678,90"

# Whatever stands beyond the edge, and a figure or a value to copy that is cut. A table's head is for screen readers.
OVERFLOWING = """(figure) => {
  for (const each of document.querySelectorAll(".figure")) if (/,/.test(each.textContent)) each.textContent = figure;
  const width = document.documentElement.clientWidth;
  const isWide = (element) => {
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height || element.closest(".skip-link, .visually-hidden, table.cards thead")) return false;
    const isCut = element.matches("input[disabled]") && element.scrollWidth > element.clientWidth;
    const column = element.matches(".figure") && element.closest("[class^=col-]");
    const isOut = column && box.right > column.getBoundingClientRect().right;
    return isCut || isOut || box.right > width + 1 || box.left < -1;
  };
  const said = [...document.body.querySelectorAll("*")].filter(isWide);
  return said.map((each) => `too wide: ${each.tagName} ${each.className} ${each.textContent.trim().slice(0, 40)}`);
}"""
WORDS = """() => {
  const apart = "script, style, pre, code, .clip, [lang=en]";
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const said = [];
  while (texts.nextNode()) {
    if (!texts.currentNode.parentElement.closest(apart)) said.push(texts.currentNode.data.trim());
  }
  return said;
}"""


def walk(page: Page, url: str, *paths: str) -> dict[str, list[str]]:
    """From these paths to every page of the service. What is wrong, by route; a route without faults is empty."""
    ahead, found = deque(paths), dict[str, list[str]]()
    while ahead:
        path = ahead.popleft()
        route = ID.sub("*", path.partition("?")[0])
        if route in found or NOT_PAGES.search(route):
            continue
        found[route] = _go(page, url, path)
        links = page.eval_on_selector_all("a[href]", "(links) => links.map((each) => each.href)")
        ahead.extend(link.removeprefix(url).partition("#")[0] for link in links if link.startswith(f"{url}/"))
    return found


def _go(page: Page, url: str, path: str) -> list[str]:
    page.goto(url + path)
    faults = _faults(page)
    if "/reauthenticate/" in page.url:  # before what protects an account is changed
        page.locator("input[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/reauthenticate/" not in address)
        faults += _faults(page)
    return faults


def _faults(page: Page) -> list[str]:
    faults = list(page.evaluate(OVERFLOWING, TEN_DIGITS))
    if page.locator("h1:visible").count() != 1:
        faults.append(f"{page.locator('h1:visible').count()} first headings")
    words = set(page.evaluate(WORDS))
    faults += [f"English: {each}" for each in words if each in _untranslated() or ENGLISH.search(each)]
    return faults


@cache
def _untranslated() -> frozenset[str]:
    """Words of ours as they are in English, where Danish says it otherwise."""
    words = load(po_files()["da"], "da")
    ours = [(each.id, each.string) for each in words if each.id and isinstance(each.id, str)]
    both = {danish for _, danish in ours}  # «Time» is an hour
    return frozenset(english for english, danish in ours if english != danish and english not in both)
