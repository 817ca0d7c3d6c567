import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version?: string };

/** Nothing inline, nothing evaluated, nothing from elsewhere; the store's address is known only on the device. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "manifest-src 'self'",
  "worker-src 'self'",
  "connect-src 'self' https: http://localhost:* http://127.0.0.1:*",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Put the policy into the page, and the names of the built files into the service worker. */
function shell(): Plugin {
  return {
    name: 'butik-shell',
    apply: 'build',
    transformIndexHtml: () => [
      { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY }, injectTo: 'head-prepend' },
    ],
    generateBundle(_, bundle) {
      const worker = bundle['sw.js'];
      if (worker?.type !== 'chunk') throw new Error('sw.js was not built');
      const hash = createHash('sha256').update(worker.code);
      const files = ['./'];
      for (const name of readdirSync(join(import.meta.dirname, 'public')).sort()) {
        files.push(name);
        hash.update(readFileSync(join(import.meta.dirname, 'public', name)));
      }
      for (const file of Object.values(bundle).sort((a, b) => a.fileName.localeCompare(b.fileName))) {
        if (file === worker) continue;
        hash.update(file.type === 'chunk' ? file.code : file.source);
        if (file.fileName !== 'index.html') files.push(file.fileName);
      }
      const list = JSON.stringify({ version: hash.digest('hex').slice(0, 12), files });
      worker.code = worker.code.replaceAll('__SHELL__', `(${list})`);
    },
  };
}

export default defineConfig({
  // Any host and any folder will do.
  base: './',
  define: { __APP_VERSION__: JSON.stringify(version ?? '0.1.0') },
  plugins: [shell()],
  build: {
    outDir: '../src/butik/pos_app',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/sw.ts' },
      output: { entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
  test: { environment: 'node', include: ['test/**/*.test.ts'] },
});
