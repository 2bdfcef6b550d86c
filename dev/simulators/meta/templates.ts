export interface Template {
  id: string;
  name: string;
  language: string;
  status: "APPROVED" | "PENDING" | "REJECTED" | "PAUSED" | "DISABLED";
  category: "MARKETING" | "UTILITY" | "AUTHENTICATION";
  components: Record<string, unknown>[];
}

export interface Templates {
  /** Templates of a WABA, oldest first. */
  of(waba_id: string): Template[];
  /** Lower case, as pricing names it; `utility` for a template that does not exist. */
  categoryOf(waba_id: string, name: string): string;
  create(waba_id: string, template: Pick<Template, "name" | "language" | "category" | "components">): Template;
  /** A template by its id, whosever it is, with the account that it belongs to. */
  find(id: string): { waba_id: string; template: Template } | undefined;
  /** Deletes every language of a name, or only the one with `id`; how many went. */
  remove(waba_id: string, name: string, id?: string): number;
}

/** Every account's templates. A new account has `hello_world`, as Meta's test accounts do. */
export function createTemplates(): Templates {
  const byAccount = new Map<string, Template[]>();
  let next = 594_425_479_261_596;

  function of(waba_id: string): Template[] {
    const existing = byAccount.get(waba_id);
    if (existing) return existing;
    const fresh: Template[] = [
      {
        id: String(next++),
        name: "hello_world",
        language: "en_US",
        status: "APPROVED",
        category: "UTILITY",
        components: [{ type: "BODY", text: "Welcome and congratulations!" }],
      },
    ];
    byAccount.set(waba_id, fresh);
    return fresh;
  }

  return {
    of,
    categoryOf: (waba_id, name) =>
      (of(waba_id).find((each) => each.name === name)?.category ?? "UTILITY").toLowerCase(),
    create(waba_id, template) {
      const made: Template = { id: String(next++), status: "APPROVED", ...template };
      of(waba_id).push(made);
      return made;
    },
    find(id) {
      for (const [waba_id, all] of byAccount) {
        const template = all.find((each) => each.id === id);
        if (template) return { waba_id, template };
      }
      return undefined;
    },
    remove(waba_id, name, id) {
      const before = of(waba_id);
      const after = before.filter((each) => each.name !== name || (id !== undefined && each.id !== id));
      byAccount.set(waba_id, after);
      return before.length - after.length;
    },
  };
}
