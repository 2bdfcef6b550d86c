import { expect, test } from "vitest";
import { row, tablesWith } from "../../test/support/database.ts";
import { client, serviceClient, userClient } from "../../test/support/client.ts";
import type { Client } from "../../test/support/client.ts";
import { command, eventually, openScene, sends, write } from "../../test/support/scene.ts";
import { sweep } from "../../test/support/worker.ts";
import type { EncryptionView } from "./encryption-view.ts";

async function run(sb: Client, name: string) {
  const { data, error } = await sb.functions.invoke<EncryptionView>(name, { body: {} });
  return error ? { status: (error.context as Response).status } : { status: 200, data };
}

// other suites share this database, and may rotate and sweep at any moment
test("rotating makes the next data key; the sweep seals the token anew, and the number goes on sending", async () => {
  const scene = await openScene();
  const service = await serviceClient();
  const conversation_id = await write(scene, "Hello");
  const version = async () => {
    const { found } = await row<{ found: string | null }>`
      select substring(access_token from '^sealed\\.v2\\.([0-9]+)') as found from public.channels where id = ${scene.channel_id}`;
    return Number(found);
  };
  await sweep();
  const before = await version();
  expect(before).toBeGreaterThan(0);
  const rotated = await eventually(async () => {
    const done = await run(service, "rotate-encryption-key");
    return done.status === 200 && done.data;
  });
  const newest = rotated.data_keys[0];
  expect(newest?.version).toBeGreaterThan(before);
  expect(newest?.master_key_id).toBe(rotated.master_key_ids[0]);
  expect((await command(scene, "send-message", { conversation_id, content: "One" })).status).toBe(200);
  await sweep();
  expect(await version()).toBeGreaterThanOrEqual(newest?.version ?? Infinity);
  expect((await command(scene, "send-message", { conversation_id, content: "Two" })).status).toBe(200);
  expect(await sends(scene)).toHaveLength(2);
  expect(await tablesWith(scene.access_token)).toEqual([]);
});

test("keys are for the service role alone", async () => {
  const scene = await openScene();
  const owner = await userClient(scene.owner.user_id);
  for (const name of ["rotate-encryption-key", "list-encryption-keys"]) {
    expect(await run(owner, name), name).toEqual({ status: 403 });
    expect(await run(client(scene.api_key), name), name).toEqual({ status: 403 });
  }
});
