/** The live stream, read with fetch because an EventSource cannot carry a proof. An event says only that something is new. */
import type { Service } from './service';

export type LiveEvent = 'prices' | 'staff' | 'enrolment' | 'revoked' | 'order';

const EVENTS = new Set<string>(['prices', 'staff', 'enrolment', 'revoked', 'order']);
/** The service pings every 15 s; three missing pings are a dead line. */
export const SILENCE = 45_000;

/** Listen until the stream ends, falls silent or `signal` aborts. `heard` is called for the connection itself and for each ping. */
export async function listen(service: Service, signal: AbortSignal, heard: (event: LiveEvent | null) => void): Promise<void> {
  const silence = new AbortController();
  const either = AbortSignal.any([signal, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENCE);
  try {
    const response = await service.call('/live/pos', { signal: either, timeout: 24 * 3_600_000 });
    heard(null);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE);
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) deliver(line.trimEnd(), heard);
    }
  } finally {
    clearTimeout(timer);
  }
}

function deliver(line: string, heard: (event: LiveEvent | null) => void): void {
  if (line.startsWith(':')) heard(null);
  if (!line.startsWith('event:')) return;
  const name = line.slice('event:'.length).trim();
  if (EVENTS.has(name)) heard(name as LiveEvent);
}
