/**
 * The tables and views of the database, for typed rows and queries. The migrations make them; this says the same in
 * TypeScript, and a test holds the two equal: columns, types, nullability, defaults, generated columns, primary keys and
 * checks (those that list values are the `enum` of a text column). Keys between tables, indexes, triggers and policies
 * are in the migrations only.
 */
export * from "./ai.ts";
export * from "./alerts.ts";
export * from "./businesses.ts";
export * from "./calls.ts";
export * from "./campaigns.ts";
export * from "./channels.ts";
export * from "./contacts.ts";
export * from "./conversations.ts";
export * from "./internal.ts";
export * from "./messages.ts";
export * from "./organizations.ts";
export * from "./people.ts";
export * from "./scheduled.ts";
export * from "./sending.ts";
export * from "./views.ts";
