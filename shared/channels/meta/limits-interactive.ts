import * as z from "zod";
import { tooLong } from "./too-long.ts";

const words = z.looseObject({ text: z.string() });
const frame = {
  header: z.looseObject({ type: z.string(), text: z.string().optional() }).optional(),
  body: words,
  footer: words.optional(),
};

const reply = z.looseObject({ id: z.string().min(1), title: z.string().min(1) });
const row = reply.extend({ description: z.string().optional() });
const section = z.looseObject({ title: z.string().optional(), rows: z.array(row).min(1) });

const buttons = z.looseObject({
  ...frame,
  action: z.looseObject({ buttons: z.array(z.looseObject({ type: z.literal("reply"), reply })) }),
});
const menu = z.looseObject({
  ...frame,
  action: z.looseObject({ button: z.string().min(1), sections: z.array(section) }),
});
const other = z.looseObject({ type: z.string().min(1), action: z.looseObject({}) });

/** Meta's limits for reply buttons and lists; other kinds (flows, products) are only asked for a type and an action. */
export function interactiveProblems(interactive: Record<string, unknown>): string[] {
  if (interactive["type"] === "button") return check(buttons, interactive, buttonProblems);
  if (interactive["type"] === "list") return check(menu, interactive, menuProblems);
  return check(other, interactive, () => []);
}

function check<T>(schema: z.ZodType<T>, value: unknown, then: (parsed: T) => string[]): string[] {
  const parsed = schema.safeParse(value);
  if (parsed.success) return then(parsed.data);
  return parsed.error.issues.map((issue) => `interactive.${issue.path.join(".")}: ${issue.message}`);
}

function buttonProblems({ header, body, footer, action }: z.infer<typeof buttons>): string[] {
  const replies = action.buttons.map((button) => button.reply);
  return [
    ...frameProblems(header?.text, body.text, footer?.text, 1024),
    ...between("buttons", replies.length, 3),
    ...repeated(
      "button title",
      replies.map(({ title }) => title),
    ),
    ...repeated(
      "button id",
      replies.map(({ id }) => id),
    ),
    ...replies.flatMap(({ id, title }) => [tooLong("button title", title, 20), tooLong("button id", id, 256)].flat()),
  ];
}

function menuProblems({ header, body, footer, action }: z.infer<typeof menu>): string[] {
  const { sections, button } = action;
  const rows = sections.flatMap((item) => item.rows);
  const untitled = sections.length > 1 && sections.some(({ title }) => !title);
  return [
    ...frameProblems(header?.text, body.text, footer?.text, 4096),
    ...tooLong("list button", button, 20),
    ...between("sections", sections.length, 10),
    ...(sections.length > 0 ? between("rows", rows.length, 10) : []),
    ...(untitled ? ["every section needs a title when there are several"] : []),
    ...repeated(
      "row id",
      rows.map(({ id }) => id),
    ),
    ...sections.flatMap(({ title }) => tooLong("section title", title, 24)),
    ...rows.flatMap(({ id, title, description }) =>
      [tooLong("row id", id, 200), tooLong("row title", title, 24), tooLong("row description", description, 72)].flat(),
    ),
  ];
}

function frameProblems(header: string | undefined, body: string, footer: string | undefined, max: number): string[] {
  const empty = body.trim() === "" ? ["body is empty"] : [];
  return [...empty, ...tooLong("header", header, 60), ...tooLong("body", body, max), ...tooLong("footer", footer, 60)];
}

function between(name: string, count: number, max: number): string[] {
  return count >= 1 && count <= max ? [] : [`${count} ${name}, 1 to ${max} are allowed`];
}

function repeated(name: string, values: string[]): string[] {
  return new Set(values).size < values.length ? [`${name} is used twice`] : [];
}
