import type { Call, Reply, Route } from "../server/http.ts";
import type { Timers } from "../server/timers.ts";
import { createEmbed } from "./embed.ts";
import { geminiFault, invalidKey } from "./errors.ts";
import { createGenerate } from "./generate.ts";
import { createScript } from "./script.ts";
import type { Script } from "./script.ts";

export interface GeminiOptions {
  api_key: string;
  /** Milliseconds that the built-in model takes to answer; 0 when left out. */
  latency_ms?: number;
}

export interface Gemini {
  routes: Route[];
  script: Script;
}

/** The Gemini API in memory, with a shop assistant for a model. */
export function createGemini(
  options: GeminiOptions,
  { timers, clock }: { timers: Timers; clock: () => number },
): Gemini {
  const script = createScript();
  const embed = createEmbed({ clock });
  const generate = createGenerate({ script, timers, clock, latency_ms: options.latency_ms ?? 0 });

  function route(method: string, handle: (call: Call) => Reply | Promise<Reply>): Route {
    return {
      provider: "gemini",
      operation: "model",
      method: "POST",
      pattern: new RegExp(`^/v1(?:beta)?/models/([^/:]+):${method}$`),
      handle: (call) => (keyOf(call) === options.api_key ? handle(call) : invalidKey()),
      fail: geminiFault,
    };
  }
  return {
    script,
    routes: [
      route("generateContent", generate),
      route("embedContent", embed.one),
      route("batchEmbedContents", embed.batch),
    ],
  };
}

function keyOf(call: Call): string | undefined {
  return call.headers["x-goog-api-key"]?.toString() ?? call.query.get("key") ?? undefined;
}
