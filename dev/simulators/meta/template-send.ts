import type { Reply } from "../server/http.ts";
import { metaError } from "./errors.ts";
import type { Template } from "./templates.ts";

export interface TemplateSend {
  name: string;
  language: { code: string };
  components?: { type: string; parameters?: Record<string, unknown>[] | undefined }[] | undefined;
}

/** Meta's refusal of a template message: unknown, not usable now, or with the wrong parameters. Undefined when fine. */
export function checkTemplate(templates: Template[], send: TemplateSend): Reply | undefined {
  const template = templates.find((each) => each.name === send.name && each.language === send.language.code);
  if (!template || template.status === "PENDING" || template.status === "REJECTED") {
    return metaError(132001, `template name (${send.name}) does not exist in ${send.language.code}`);
  }
  if (template.status === "PAUSED") return metaError(132015);
  if (template.status === "DISABLED") return metaError(132016);

  const parameters = send.components?.find((component) => component.type === "body")?.parameters ?? [];
  const expected = placeholders(template);
  if (parameters.length !== expected) {
    return metaError(
      132000,
      `body: number of localizable_params (${parameters.length}) does not match the expected number of params (${expected})`,
    );
  }
  const text = parameters.map((parameter) => parameter.text);
  if (text.includes("")) return metaError(131008, "body: parameter of type text is missing text value");
  if (text.some((each) => typeof each === "string" && /[\n\t]| {5}/.test(each))) {
    return metaError(132007, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces");
  }
  return undefined;
}

function placeholders(template: Template): number {
  const body = template.components.find((component) => String(component.type).toUpperCase() === "BODY");
  return new Set(String(body?.text ?? "").match(/\{\{\s*\w+\s*\}\}/g)).size;
}
