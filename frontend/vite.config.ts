import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const out = process.env.TRAVESIA_STATIC ?? fileURLToPath(new URL("../src/travesia/web/static", import.meta.url));
const world = fileURLToPath(new URL("node_modules/world-atlas/countries-50m.json", import.meta.url));

// Names without a hash: the server sends nothing to be kept, and a build can be compared with another.
export default defineConfig({
  base: "./",
  build: {
    outDir: out,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    rollupOptions: {
      output: {
        entryFileNames: "app.js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
  plugins: [{ name: "basemap", closeBundle: () => copyFileSync(world, `${out}/world.json`) }],
});
