// Lays the assets of the server-rendered pages where Django finds them. What lies there is made, never committed.
//
// Icons: one sprite of those named in icons.txt, used as
//   <svg class="icon"><use href="{% static 'vendor/icons.svg' %}#search"/></svg>

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, "..", "node_modules");
const target = join(here, "..", "src", "butik", "static", "vendor");

const files = {
  "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
  "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
  "htmx.min.js": "htmx.org/dist/htmx.min.js",
  "chart.umd.min.js": "chart.js/dist/chart.umd.min.js",
};
const licences = {
  "chart.js.LICENSE.txt": "chart.js/LICENSE.md",
  "htmx.LICENSE.txt": "htmx.org/LICENSE",
  "popper.LICENSE.txt": "@popperjs/core/LICENSE.md", // inside tabler.min.js; Tabler's own notice heads its files
  "tabler-icons.LICENSE.txt": "@tabler/icons/LICENSE",
};

const read = (path) => readFileSync(join(packages, path), "utf8");

// Source maps are not served, and Django's hashed file names would look for them.
const withoutSourceMap = (text) => text.replace(/(\/\/# sourceMappingURL=.*|\/\*# sourceMappingURL=.*?\*\/)\s*$/, "");

const symbol = (name) => {
  const drawing = read(`@tabler/icons/icons/outline/${name}.svg`).match(/<svg[^>]*>(.*)<\/svg>/s);
  const paths = drawing[1].replace(/\s+/g, " ").trim();
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${paths}</symbol>`;
};

const icons = readFileSync(join(here, "icons.txt"), "utf8").split("\n").filter(Boolean);

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const [name, path] of Object.entries(files)) writeFileSync(join(target, name), withoutSourceMap(read(path)));
for (const [name, path] of Object.entries(licences)) writeFileSync(join(target, name), read(path));
writeFileSync(
  join(target, "icons.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg">\n${icons.map(symbol).join("\n")}\n</svg>\n`,
);
