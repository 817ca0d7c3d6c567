import { defineConfig } from "vite";

export default defineConfig({
  // JSX becomes Preact's by tsconfig.json; no plugin is needed for it.
  build: {
    outDir: "../src/butik/pos_app",
    emptyOutDir: true,
    target: "es2022",
  },
});
