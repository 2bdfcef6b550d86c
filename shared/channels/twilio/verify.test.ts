import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { verify } from "./verify.ts";

const URL_CALLED = "https://mycompany.com/myapp";
const PARAMETERS: Record<string, string> = {
  CallSid: "CA1234567890ABCDE",
  Caller: "+12349013030",
  Digits: "1234",
  From: "+12349013030",
  To: "+18005551212",
};
/** Of Twilio's documentation, for the token 12345. */
const SIGNATURE = "3KI2uRuYyAdhZIJXcpU0izDUzWI=";
const TOKEN = "12345";

interface Given {
  url?: string;
  form?: string;
  signature?: string | null;
  tokens?: string[];
  public_origin?: string;
}

function check({ url = URL_CALLED, form, signature = SIGNATURE, tokens = [TOKEN], public_origin }: Given = {}) {
  const headers = new Headers(signature === null ? {} : { "x-twilio-signature": signature });
  const body = new TextEncoder().encode(form ?? new URLSearchParams(PARAMETERS).toString());
  return verify({ url, headers, body }, { auth_tokens: tokens, public_origin });
}

const sign = (data: string) => createHmac("sha1", TOKEN).update(data).digest("base64");
const sorted = Object.keys(PARAMETERS)
  .toSorted()
  .map((name) => name + PARAMETERS[name])
  .join("");

describe("F10: who signed a webhook of Twilio's", () => {
  it("takes the vector of Twilio's documentation", async () => expect(await check()).toBe(true));

  const broken: [string, Given][] = [
    ["no signature", { signature: null }],
    ["an empty signature", { signature: "" }],
    ["another token", { tokens: ["12346"] }],
    ["no token", { tokens: [] }],
    ["an empty token", { tokens: [""], signature: createHmac("sha1", " ").update(URL_CALLED).digest("base64") }],
    ["another path", { url: "https://mycompany.com/other" }],
    ["a query that was not signed", { url: `${URL_CALLED}?a=1` }],
    ["another scheme", { url: "http://mycompany.com/myapp" }],
    ["a changed value", { form: new URLSearchParams({ ...PARAMETERS, Digits: "1235" }).toString() }],
    ["a parameter more, though empty", { form: new URLSearchParams({ ...PARAMETERS, Extra: "" }).toString() }],
    ["a parameter less", { form: new URLSearchParams({ ...PARAMETERS, Digits: "" }).toString() }],
    ["a signature cut short", { signature: SIGNATURE.slice(0, 20) }],
  ];
  it.each(broken)("refuses %s", async (_, given) => expect(await check(given)).toBe(false));

  it("takes one of several tokens, while one is being replaced", async () => {
    expect(await check({ tokens: ["new", TOKEN] })).toBe(true);
  });

  it("sorts by code units: Reason before ReasonConferenceEnded", async () => {
    const form = "ReasonConferenceEnded=b&Reason=c";
    expect(await check({ form, signature: sign(`${URL_CALLED}ReasoncReasonConferenceEndedb`) })).toBe(true);
  });

  it("counts empty and unknown parameters, and decodes them", async () => {
    expect(await check({ form: "B=%C3%A9+%26&A=", signature: sign(`${URL_CALLED}ABé &`) })).toBe(true);
  });

  it("takes the address with the scheme's own port", async () => {
    expect(await check({ signature: sign(`https://mycompany.com:443/myapp${sorted}`) })).toBe(true);
  });

  it("takes the address without a port that we were reached at", async () => {
    expect(
      await check({ url: "http://mycompany.com:8080/myapp", signature: sign(`http://mycompany.com/myapp${sorted}`) }),
    ).toBe(true);
  });

  it("behind a proxy takes the public origin's address, and no other", async () => {
    const behind = { url: "http://inside:8787/myapp", public_origin: "https://mycompany.com" };
    expect(await check(behind)).toBe(true);
    expect(await check({ ...behind, signature: sign(`http://inside:8787/myapp${sorted}`) })).toBe(false);
  });
});
