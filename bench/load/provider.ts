import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod";

/** A send call as it reached the provider. */
export interface Arrival {
  /** The recipient's number, without "+"; of a call its leg. */
  to: string;
  /** What the sender wants to be told again with each status: the id of its attempt. */
  reference: string;
  /** Unix milliseconds, with fractions. */
  at: number;
}

export interface Provider {
  url: string;
  /** Resolves with the next send to this number. */
  expect(to: string): Promise<Arrival>;
  close(): void;
}

const send = z.object({ to: z.string(), biz_opaque_callback_data: z.string() });

const ANSWER = {
  reply: "Yes, two are put aside for you.",
  action: "reply",
  confidence: 95,
  grounding: "given",
  needs_human: false,
};
const MODEL_ANSWER = JSON.stringify({
  candidates: [
    {
      content: {
        role: "model",
        parts: [
          {
            text: JSON.stringify({
              ...ANSWER,
              intent: "order",
              sentiment: 0.2,
              language: "en",
              needs_human_reason: null,
            }),
          },
        ],
      },
      finishReason: "STOP",
      index: 0,
    },
  ],
  usageMetadata: { promptTokenCount: 300, candidatesTokenCount: 40, totalTokenCount: 340 },
  modelVersion: "gemini-2.5-flash",
});

/** Where voice agents are made. */
export const AGENTS_PATH = "/api/calls";
const AGENT_ANSWER = '{"callId":"8d0b7a52-0c4e-4d9e-9b55-0a3c3f6f2b11","joinUrl":"wss://voice.example.test/calls/1"}';

/**
 * Meta's and Gemini's end of a turn, Telnyx's and Ultravox's of a call, answering at once with the smallest valid bodies and noting when each send came
 * in. The simulators of `dev/` check what they are sent; here that would be most of what is measured.
 */
export async function startProvider(): Promise<Provider> {
  const expected = new Map<string, PromiseWithResolvers<Arrival>>();
  const server = createServer((request, response) => void answer(request, response));
  server.keepAliveTimeout = 60_000;
  let accepted = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = performance.timeOrigin + performance.now();
    const body = await readBody(request);
    if (request.url?.endsWith(":generateContent")) return write(response, MODEL_ANSWER);
    if (request.url?.endsWith(AGENTS_PATH)) return write(response, AGENT_ANSWER);
    const [, leg] = /\/calls\/([^/]+)\/actions\/answer$/.exec(request.url ?? "") ?? [];
    if (leg !== undefined) {
      expected.get(leg)?.resolve({ to: leg, reference: "", at });
      expected.delete(leg);
      return write(response, '{"data":{"result":"ok"}}');
    }
    const sent = send.safeParse(body);
    if (!sent.success) return write(response, '{"success":true}'); // marked as read
    const { biz_opaque_callback_data: reference } = sent.data;
    const to = sent.data.to.replace(/^\+/, "");
    write(response, JSON.stringify({ messages: [{ id: `wamid.sent.${++accepted}.${reference}` }] }));
    expected.get(to)?.resolve({ to, reference, at });
    expected.delete(to);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    expect(to) {
      const arrival = Promise.withResolvers<Arrival>();
      expected.set(to, arrival);
      return arrival.promise;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

function write(response: ServerResponse, body: string): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
}
