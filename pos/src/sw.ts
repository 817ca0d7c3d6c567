/**
 * The service worker serves the app's shell and nothing else: the files of one build, kept whole under that build's name.
 * Calls to the store go from the page, past this worker. A new build waits until the page says that no sale is open.
 */
declare const self: ServiceWorkerGlobalScope;
/** Put in by the build: the files of this build, and a name that changes with any of them. */
declare const __SHELL__: { version: string; files: string[] };

const PREFIX = 'butik-pos-';
const CACHE = PREFIX + __SHELL__.version;

self.addEventListener('install', (event) => {
  event.waitUntil(fill());
});

/** All files or none: a shell that is half there would fail on the day without a network. */
async function fill(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(__SHELL__.files.map((file) => new Request(file, { cache: 'reload' })));
}

self.addEventListener('activate', (event) => {
  event.waitUntil(takeOver());
});

async function takeOver(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener('message', (event) => {
  if (event.data === 'take-over') void self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') event.respondWith(fromShell('./', request));
  else if (__SHELL__.files.some((file) => new URL(file, self.location.href).href === url.href))
    event.respondWith(fromShell(url.href, request));
});

async function fromShell(key: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(key)) ?? fetch(request);
}

export {};
