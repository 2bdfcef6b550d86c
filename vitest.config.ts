import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { configDefaults, defineConfig } from "vitest/config";

// wrangler asks for the secrets of wrangler.toml before it sees the bindings given here; its warning would be untrue.
process.env["WRANGLER_LOG"] ??= "error";

const SERVICES = ["test/setup/global.ts"];

/**
 * Four kinds of test, told apart by their file names, so that a narrow run starts only what it needs:
 * `unit` nothing, `database` Postgres, `worker` workerd, Postgres and simulators, `product` Postgres; it starts the rest.
 */
export default defineConfig({
  test: {
    teardownTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        test: {
          name: "unit",
          include: ["{shared,workers,dev,bench,test}/**/*.test.ts"],
          exclude: [...configDefaults.exclude, "**/*.{db,worker,e2e}.test.ts"],
          // Unit tests change nothing outside themselves; a process for each file takes three times as long.
          isolate: false,
        },
      },
      {
        test: {
          name: "database",
          include: ["{shared,migrations,dev,test}/**/*.db.test.ts"],
          globalSetup: SERVICES,
          testTimeout: 30_000,
          // each file has a database of its own; a process of its own as well takes a third longer
          isolate: false,
        },
      },
      {
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: { ...inject("bindings") } },
          })),
        ],
        test: {
          name: "worker",
          include: ["{shared,workers,test}/**/*.worker.test.ts"],
          // one set of simulators for all: what one file makes the model say, another must not hear
          fileParallelism: false,
          globalSetup: SERVICES,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "product",
          include: ["test/**/*.e2e.test.ts"],
          globalSetup: SERVICES,
          testTimeout: 120_000,
          // each of these starts whole products and kills them; side by side they starve one another
          fileParallelism: false,
          retry: 1,
        },
      },
    ],
  },
});
