import type { DemoStack } from "../stack/stack-file.ts";

/** The shell command that approves a draft as it is. */
export function approveCommand({ url, demo }: DemoStack, message_id: string, version: number): string {
  return command(`${url}/functions/v1/approve-draft`, { message_id, version }, demo.api_key);
}

/** What to try next: each line works as it stands. */
export function hints(stack: DemoStack, data: string): string {
  const { url, database_url, simulators, keys, demo } = stack;
  const inbound = { provider: "meta", from: "+447700900042", text: "How much are your mugs?" };
  const { from } = inbound;
  const text = { provider: "twilio", from, text: "Are you open on Saturday?" };
  const call = { provider: "telnyx-voice", from, text: "Could I speak to a person?" };
  const model = { reply: "With pleasure!", confidence: 40 };
  const inbox = "select=id,status,contacts(name,phone)&order=last_message_at.desc&limit=5";
  return box("What to try next", [
    ["write as a customer", command(`${simulators.control}/_sim/inbound`, inbound)],
    ["text as the same customer", command(`${simulators.control}/_sim/inbound`, text)],
    ["call as the same customer", command(`${simulators.control}/_sim/inbound`, call)],
    ["make the AI unsure", command(`${simulators.control}/_sim/model`, model)],
    ["see what WhatsApp and Gemini were asked", `curl -s '${simulators.control}/_sim/requests'`],
    [
      "list conversations, as a dashboard does",
      `curl -s -g '${url}/rest/v1/conversations?${inbox}' -H 'apikey: ${demo.api_key}'`,
    ],
    [
      "answer yourself",
      command(`${url}/functions/v1/send-message`, { conversation_id: "…", content: "Robin here!" }, demo.api_key),
    ],
    ["connect a dashboard", `createClient("${url}", "${keys.anon}")`],
    ["and sign in there", `auth.signInWithPassword(${JSON.stringify(demo.user)})`],
    ["every command, to read", `${url}/docs`],
    ["look into the database", `psql '${database_url}'`],
    ["is it well?", `curl -s ${url}/health`],
    ["addresses and keys for programs", `cat ${data}/stack.json`],
    ["stop", "Ctrl-C; the next start goes on where this one was"],
  ]);
}

function command(address: string, body: object, api_key?: string): string {
  const key = api_key === undefined ? "" : ` -H 'apikey: ${api_key}'`;
  return `curl -s ${address}${key} -d '${JSON.stringify(body)}'`;
}

function box(title: string, rows: [what: string, how: string][]): string {
  return ["", title, ...rows.flatMap(([what, how]) => [`  ${what}`, `    ${how}`]), ""].join("\n");
}
