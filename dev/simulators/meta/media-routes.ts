import { json } from "../server/http.ts";
import type { Call, Reply } from "../server/http.ts";
import { authorize, unknownObject } from "./authorize.ts";
import { metaError } from "./errors.ts";
import type { Media } from "./media.ts";
import type { Numbers } from "./numbers.ts";

export interface MediaRoutesOptions {
  numbers: Numbers;
  media: Media;
  clock: () => number;
  base_url: () => string;
}

/** Largest file in bytes by the main part of its type (Cloud API, "Supported media types"). */
const MAX_BYTES: Record<string, number> = { image: 5 << 20, audio: 16 << 20, video: 16 << 20 };
const MAX_DOCUMENT = 100 << 20;

/** Upload, look-up, download and deletion of media. */
export function createMediaRoutes({ numbers, media, clock, base_url }: MediaRoutesOptions) {
  return {
    async upload(call: Call): Promise<Reply> {
      const owned = authorize(call, numbers);
      if (!Array.isArray(owned)) return owned;
      const id = call.params[0] ?? "";
      if (!owned.some((number) => number.phone_number_id === id)) return unknownObject(id);
      const form = await readForm(call);
      if (!form) return metaError(100, "The body is not multipart/form-data.");
      if (form.get("messaging_product") !== "whatsapp")
        return metaError(100, "Param messaging_product must be whatsapp.");
      const file = form.get("file");
      if (!(file instanceof File)) return metaError(100, "The parameter file is required.");
      const mime_type = String(form.get("type") ?? file.type);
      if (file.size > (MAX_BYTES[mime_type.split("/")[0] ?? ""] ?? MAX_DOCUMENT))
        return metaError(131053, "File too large.");
      const kept = media.add(Buffer.from(await file.arrayBuffer()), mime_type);
      const recorded = { messaging_product: "whatsapp", type: mime_type, file: { name: file.name, size: file.size } };
      return { ...json(200, { id: kept.id }), recorded };
    },

    lookUp(call: Call): Reply {
      const owned = authorize(call, numbers);
      if (!Array.isArray(owned)) return owned;
      const file = media.find(call.params[0] ?? "");
      if (!file) return unknownObject(call.params[0] ?? "");
      return json(200, {
        messaging_product: "whatsapp",
        url: base_url() + media.link(file, clock()),
        mime_type: file.mime_type,
        sha256: Buffer.from(file.sha256, "base64").toString("hex"),
        file_size: String(file.bytes.length),
        id: file.id,
      });
    },

    download(call: Call): Reply {
      if (!Array.isArray(authorize(call, numbers))) return { status: 401, body: "" };
      const file = media.open(call.query.get("mid") ?? "", call.query.get("ext") ?? "", clock());
      if (!file) return { status: 404, body: "" };
      return { status: 200, headers: { "content-type": file.mime_type }, body: file.bytes };
    },

    remove(call: Call): Reply {
      const owned = authorize(call, numbers);
      if (!Array.isArray(owned)) return owned;
      const id = call.params[0] ?? "";
      return media.remove(id) ? json(200, { success: true }) : unknownObject(id);
    },
  };
}

async function readForm(call: Call): Promise<FormData | null> {
  const type = call.headers["content-type"] ?? "";
  if (!type.startsWith("multipart/form-data")) return null;
  return new Response(new Uint8Array(call.bytes), { headers: { "content-type": type } }).formData().catch(() => null);
}
