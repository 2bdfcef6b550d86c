import { describe, expect, it } from "vitest";
import { utf8 } from "../../crypto/digest.ts";
import { OWN, webhookBody } from "./fixtures.ts";
import { normalise } from "./normalise.ts";
import { numberOf, ofOrganization, readOrganization, withOrganization } from "./tenant.ts";

const ORG = "0b0f7c55-7f5e-4ff5-8d9b-1b3a3f2a9f10";

describe("a webhook's organization", () => {
  it("goes with its body, whatever that is", () => {
    for (const text of ["{}", "", `${ORG}\n{}`]) {
      const kept = readOrganization(withOrganization(ORG, utf8(text)));
      expect(kept).toEqual({ org_id: ORG, body: utf8(text) });
    }
    expect(() => readOrganization(utf8("{}"))).toThrow("no organization");
  });

  it("is part of every number's name", async () => {
    const [event] = ofOrganization(ORG, await normalise(webhookBody("message.received")));
    expect(event?.account).toBe(`${ORG}/${OWN}`);
    expect(numberOf(`${ORG}/${OWN}`)).toBe(OWN);
    expect([numberOf(OWN), numberOf("100000000000001"), numberOf(`${ORG}/`)]).toEqual([null, null, null]);
    expect(ofOrganization(ORG, await normalise(null))).toMatchObject([{ account: null }]);
  });
});
