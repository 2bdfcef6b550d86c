import { z } from "zod";
import { json } from "../server/http.ts";
import type { Call, Reply } from "../server/http.ts";
import { authorize, unknownObject } from "./authorize.ts";
import { metaError } from "./errors.ts";
import type { Numbers } from "./numbers.ts";
import { refuseShape } from "./refuse.ts";
import type { Templates } from "./templates.ts";

const newTemplate = z.object({
  name: z.string().regex(/^[a-z0-9_]{1,512}$/),
  language: z.string().min(2),
  category: z.enum(["MARKETING", "UTILITY", "AUTHENTICATION"]),
  components: z.array(z.record(z.string(), z.unknown())).min(1),
});

const changedTemplate = newTemplate.pick({ category: true, components: true }).partial();
const EDITABLE = new Set(["APPROVED", "REJECTED", "PAUSED"]);

const DEFAULT_PAGE = 25;

/** What belongs to a whole account (WABA): webhook subscription and templates. */
export function createAccountRoutes({ numbers, templates }: { numbers: Numbers; templates: Templates }) {
  const subscribed = new Set<string>();

  /** The account in the path when the token may use it. */
  function account(call: Call): string | Reply {
    const owned = authorize(call, numbers);
    if (!Array.isArray(owned)) return owned;
    const id = call.params[0] ?? "";
    return owned.some((number) => number.waba_id === id) ? id : unknownObject(id);
  }

  return {
    subscribe(call: Call): Reply {
      const id = account(call);
      if (typeof id !== "string") return id;
      subscribed.add(id);
      return json(200, { success: true });
    },

    subscriptions(call: Call): Reply {
      const id = account(call);
      if (typeof id !== "string") return id;
      const app = { whatsapp_business_api_data: { id: "1", name: "Switchboard", link: "https://example.com" } };
      return json(200, { data: subscribed.has(id) ? [app] : [] });
    },

    listTemplates(call: Call): Reply {
      const id = account(call);
      if (typeof id !== "string") return id;
      const name = call.query.get("name");
      const status = call.query.get("status");
      const found = templates
        .of(id)
        .filter((each) => (name === null || each.name === name) && (status === null || each.status === status));
      return page(call, found);
    },

    createTemplate(call: Call): Reply {
      const id = account(call);
      if (typeof id !== "string") return id;
      const parsed = newTemplate.safeParse(call.body, { reportInput: true });
      if (!parsed.success) return refuseShape(parsed.error);
      const { name, language } = parsed.data;
      if (templates.of(id).some((each) => each.name === name && each.language === language)) {
        return metaError(100, `There is already ${language} content for this template.`, 2388024);
      }
      const made = templates.create(id, parsed.data);
      return json(200, { id: made.id, status: made.status, category: made.category });
    },

    /** `POST /{template id}`: what is changed is reviewed again. */
    editTemplate(call: Call): Reply {
      const owned = authorize(call, numbers);
      if (!Array.isArray(owned)) return owned;
      const id = call.params[0] ?? "";
      const found = templates.find(id);
      if (!found || !owned.some((number) => number.waba_id === found.waba_id)) return unknownObject(id);
      const parsed = changedTemplate.safeParse(call.body, { reportInput: true });
      if (!parsed.success) return refuseShape(parsed.error);
      const { template } = found;
      if (!EDITABLE.has(template.status)) {
        return metaError(100, "Only approved, rejected or paused templates can be edited.", 2593002);
      }
      if (template.status === "APPROVED" && (parsed.data.category ?? template.category) !== template.category) {
        return metaError(100, "You can't change the category for this message template that is approved.", 2388025);
      }
      Object.assign(template, parsed.data, { status: "PENDING" });
      return json(200, { success: true });
    },

    removeTemplate(call: Call): Reply {
      const id = account(call);
      if (typeof id !== "string") return id;
      const name = call.query.get("name");
      if (!name) return metaError(100, "The parameter name is required.");
      const gone = templates.remove(id, name, call.query.get("hsm_id") ?? undefined);
      return gone > 0 ? json(200, { success: true }) : metaError(100, "Message template not found.", 2593002);
    },
  };
}

/** One page of a Graph list. Cursors are there on the last page too; only `next` tells that there is more. */
function page(call: Call, all: { id: string }[]): Reply {
  const limit = Number(call.query.get("limit") ?? DEFAULT_PAGE);
  const after = call.query.get("after");
  const last = after === null ? -1 : all.findIndex((each) => cursor(each.id) === after);
  if (after !== null && last < 0) return metaError(131059);
  const data = all.slice(last + 1, last + 1 + limit);
  const end = data.at(-1);
  if (!data[0] || !end) return json(200, { data: [] });
  const next = new URL(call.path, `http://${call.headers.host ?? "localhost"}`);
  next.search = call.query.toString();
  next.searchParams.set("after", cursor(end.id));
  const more = last + 1 + limit < all.length;
  return json(200, {
    data,
    paging: { cursors: { before: cursor(data[0].id), after: cursor(end.id) }, ...(more && { next: next.href }) },
  });
}

function cursor(id: string): string {
  return Buffer.from(id).toString("base64url");
}
