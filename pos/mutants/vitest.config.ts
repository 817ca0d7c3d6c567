import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The tests that mutants of shop and wire are shown to: their own. Those that drive a whole till take too long for each. */
export default defineConfig({
  root: join(import.meta.dirname, '..'),
  define: { __APP_VERSION__: '"0.1.0"' },
  test: { environment: 'node', include: ['test/shop/*.test.ts', 'test/wire/*.test.ts'] },
});
