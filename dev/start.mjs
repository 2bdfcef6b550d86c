import { runNode } from "./run-node.mjs";

await runNode("dev/start.ts", process.argv.slice(2));
