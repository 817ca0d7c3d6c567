/** How long a scan takes, from the handler to the line in the document: for benchmarks, and for whoever looks at a slow device. */

let started: number | null = null;

export function scanBegins(): void {
  started = performance.now();
}

export function scanIsShown(): void {
  if (started === null) return;
  performance.measure('scan', { start: started, end: performance.now() });
  started = null;
}
