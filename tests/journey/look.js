// What is wrong with a page to those who use it with a phone, a screen reader or weak eyes; nothing where all is well.
() => {
  const isShown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const every = (selector) => [...document.querySelectorAll(selector)].filter(isShown);

  const nameOf = (element) =>
    (element.getAttribute("aria-label") || element.getAttribute("title") || element.innerText || element.alt || "").trim();
  const hasPicture = (element) => element.querySelector('img[alt]:not([alt=""])') !== null;
  const hasLabel = (element) =>
    element.labels?.length > 0 || element.hasAttribute("aria-label") || ["hidden", "submit"].includes(element.type);
  const nameless = [
    ...every("a, button").filter((element) => !nameOf(element) && !hasPicture(element)),
    ...every("input, select, textarea").filter((element) => !hasLabel(element)),
    ...every("img:not([alt])"),
    ...every("th:not([scope])"),
  ].map((element) => element.outerHTML.slice(0, 120));

  // Contrast as it is really painted: a canvas knows every way to write a colour.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const read = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const lay = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const linear = (value) => (value <= 10.31 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const groundOf = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) layers.push(read(getComputedStyle(each).backgroundColor));
    return layers.reverse().reduce((under, top) => lay(top, under), [255, 255, 255, 1]);
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const said = texts.currentNode.textContent.trim();
    const element = texts.currentNode.parentElement;
    if (!said || !isShown(element) || element.closest("script, .visually-hidden, [disabled]")) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ground = groundOf(element);
    const ratio = contrast(lay(read(style.color), ground), ground);
    if (ratio < (isLarge ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)} ${element.className}: ${said.slice(0, 40)}`);
  }

  const wrong = {};
  const tooWide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (tooWide > 0) wrong.tooWide = tooWide;
  if (every("h1").length !== 1) wrong.headings = every("h1").length;
  if (nameless.length) wrong.nameless = nameless;
  if (faint.length) wrong.faint = faint;
  return wrong;
}
