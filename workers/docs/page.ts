import type { Command } from "../functions/command.ts";
import { tagOf } from "./tags.ts";

/** The commands as a page to read: no script, nothing from elsewhere. */
export function docsPage(commands: Iterable<Command>, url: string): string {
  const byTag = Map.groupBy(commands, ({ name }) => tagOf(name));
  const contents = [...byTag].map(([tag, list]) => `<li>${text(tag)}: ${list.map(link).join(", ")}</li>`);
  const sections = [...byTag].map(
    ([tag, list]) => `<h2>${text(tag)}</h2>${list.map((one) => section(one, url)).join("")}`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Switchboard: commands</title><style>${STYLE}</style></head><body>
<h1>Switchboard</h1>
<p>Commands for people and programs: <code>POST ${text(url)}/functions/v1/&lt;name&gt;</code> with the header
<code>apikey</code>, or <code>supabase.functions.invoke(name, { body })</code>. An error is
<code>{ code, message, details?, request_id }</code>. For machines: <a href="/openapi.json">openapi.json</a>.</p>
<ul>${contents.join("")}</ul>
${sections.join("\n")}
</body></html>`;
}

function section({ name, description, scope, example }: Command, url: string): string {
  const curl = [
    `curl -s ${url}/functions/v1/${name}`,
    `-H "apikey: $SWITCHBOARD_KEY" -H 'content-type: application/json'`,
    `-d '${JSON.stringify(example)}'`,
  ].join(" \\\n  ");
  return `<section id="${text(name)}"><h3>${text(name)} <small>${text(scope)}</small></h3>
<p>${text(description)}</p><pre>${text(curl)}</pre></section>`;
}

const link = ({ name }: Command) => `<a href="#${text(name)}">${text(name)}</a>`;

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const text = (plain: string) => plain.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#ddd, #444); --soft: light-dark(#f5f5f2, #1d1f21); --accent: light-dark(#0b5c4a, #6fd3b8) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line) }
h3 small { font-weight: normal; border: 1px solid var(--line); border-radius: 4px; padding: 0 .4em; font-size: .75em; color: var(--accent) }
a { color: var(--accent) }
pre { background: var(--soft); padding: .8rem; border-radius: 6px; overflow-x: auto; font-size: 13px }
code { font-size: .9em }`;
