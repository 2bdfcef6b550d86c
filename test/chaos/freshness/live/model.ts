import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod";
import { replyOf } from "../world.ts";

/** One question that the model was asked. */
export interface Asked {
  view: number;
  /** Unix milliseconds. */
  at: number;
  /** The customer, and the lines of theirs that were shown. */
  customer: string;
  lines: number[];
}

export interface EchoModel {
  url: string;
  asked: Asked[];
  close(): void;
}

const question = z.object({ contents: z.array(z.object({ parts: z.array(z.object({ text: z.string() })) })) });

/**
 * Stands in for Gemini with answers that name the question they were given to, so that a send can be traced to what its
 * turn had read.
 * @param delay_ms how long the next answer takes
 */
export async function startEchoModel(delay_ms: () => number): Promise<EchoModel> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { contents } = question.parse(await readJson(request));
    const shown = contents.flatMap(({ parts }) => parts.map(({ text }) => text)).join("\n");
    const lines = [...shown.matchAll(/\bno-(\d+) of (\d+)\b/g)];
    const view = asked.length + 1;
    asked.push({ view, at: Date.now(), customer: lines[0]?.[2] ?? "", lines: lines.map(([, line]) => Number(line)) });
    await new Promise((resolve) => setTimeout(resolve, delay_ms()));
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(complete(replyOf(view))));
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function complete(reply: string) {
  const tone = { intent: "question", sentiment: 0, language: "en", needs_human: false, needs_human_reason: null };
  const text = JSON.stringify({ reply, action: "reply", confidence: 97, grounding: "no_claim", ...tone });
  return {
    candidates: [{ content: { role: "model", parts: [{ text }] }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 },
    modelVersion: "gemini-2.5-flash",
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}
