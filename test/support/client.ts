import { createClient } from "@supabase/supabase-js";
import type { SupabaseClient } from "@supabase/supabase-js";
import { env } from "cloudflare:workers";
import { SignJWT } from "jose";
import { URL_OF_WORKER, ask } from "./worker.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- tests read tables of every shape
export type Client = SupabaseClient<any, any, any>;

/** A token as our sign-in makes it. */
export function token(claims: Record<string, unknown>): Promise<string> {
  return new SignJWT({ exp: Math.floor(Date.now() / 1000) + 3600, ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(env.JWT_SECRET));
}

export const anonKey = () => token({ role: "anon" });

/** The unmodified client, whose requests go straight to the Worker under test. */
export function client(key: string, bearer?: string): Client {
  return createClient(URL_OF_WORKER, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    ...(bearer !== undefined && { accessToken: async () => bearer }),
    global: { fetch: viaWorker },
  });
}

/** A signed-in user's client. */
export async function userClient(user_id: string): Promise<Client> {
  return client(await anonKey(), await token({ role: "authenticated", sub: user_id }));
}

export async function serviceClient(): Promise<Client> {
  return client(await token({ role: "service_role" }));
}

const viaWorker: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  const { pathname, search } = new URL(request.url);
  return ask(pathname + search, {
    method: request.method,
    headers: request.headers,
    ...(request.body && { body: await request.arrayBuffer() }),
  });
};

/** What a command answered, or how it was refused. */
export async function run(sb: Client, name: string, body: object) {
  const { data, error } = await sb.functions.invoke(name, { body });
  if (!error) return { status: 200, data };
  const response = error.context as Response;
  return { status: response.status, error: await response.json<Refused>() };
}

interface Refused {
  code: string;
  message: string;
  details?: Record<string, unknown>;
}
