import * as z from "zod";
import { parseChangeFilter } from "./filter.ts";

const subscription = z
  .looseObject({
    event: z.enum(["*", "INSERT", "UPDATE", "DELETE"]),
    schema: z.string().default("public"),
    table: z.string().optional(),
    filter: z.string().max(2_000).nullish(),
    select: z.array(z.string()).max(200).nullish(),
  })
  .refine(({ filter }) => !filter || parseChangeFilter(filter) !== null, {
    path: ["filter"],
    error: "is not of the form column=operator.value",
  });
export type Subscription = z.output<typeof subscription>;

const config = z.looseObject({
  broadcast: z
    .looseObject({ self: z.boolean().catch(false), ack: z.boolean().catch(false) })
    .catch({ self: false, ack: false }),
  presence: z
    .looseObject({ key: z.string().max(200).catch(""), enabled: z.boolean().catch(false) })
    .catch({ key: "", enabled: false }),
  postgres_changes: z
    .array(subscription)
    .max(100)
    .nullish()
    .transform((list) => list ?? []),
  private: z.boolean().catch(false),
});
export type JoinConfig = z.output<typeof config>;

/** What a client asks for when it joins a topic; what it leaves out is off. */
export const joinPayload = z.looseObject({
  config: z.preprocess((given) => given ?? {}, config),
  access_token: z.string().nullish(),
  user_token: z.string().nullish(),
});
