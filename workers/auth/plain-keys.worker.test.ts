import { createClient } from "@supabase/supabase-js";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { openScene } from "../../test/support/scene.ts";
import { askWith, URL_OF_WORKER } from "../../test/support/worker.ts";

const PUBLISHABLE = `sb_publishable_${crypto.randomUUID()}`;
const SECRET = `sb_secret_${crypto.randomUUID()}`;
const given = {
  ...env,
  SUPABASE_PUBLISHABLE_KEYS: PUBLISHABLE,
  SUPABASE_SECRET_KEYS: `${SECRET},sb_secret_${"o".repeat(30)}`,
};

/** The unmodified client with a key of Supabase's newer form. */
const client = (key: string) =>
  createClient(URL_OF_WORKER, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: {
      fetch: async (input, init) => {
        const { url, method, headers, body } = new Request(input, init);
        const { pathname, search } = new URL(url);
        return askWith(given, pathname + search, {
          method,
          headers,
          ...(body && { body: await new Response(body).text() }),
        });
      },
    },
  });

test("a secret key is the service role's, a publishable one sees nothing, another one is refused", async () => {
  const { org_id } = await openScene();
  const read = (key: string) => client(key).from("organizations").select("id").eq("id", org_id);
  expect(await read(SECRET)).toMatchObject({ data: [{ id: org_id }] });
  expect((await read(PUBLISHABLE)).data ?? []).toEqual([]);
  expect(await read(`${SECRET}x`)).toMatchObject({ status: 401 });
  const rotate = (key: string) => client(key).functions.invoke("list-encryption-keys", { body: {} });
  expect((await rotate(SECRET)).error).toBeNull();
  expect((await rotate(PUBLISHABLE)).error?.context).toMatchObject({ status: 401 });
});
