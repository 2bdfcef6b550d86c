import { bytesToBase64Url } from "./base64.ts";

/** 256 bits that nobody guesses, for a token that is shown once. */
export const newSecret = () => bytesToBase64Url(crypto.getRandomValues(new Uint8Array(32)));

/** Eight characters to know it by, a dot, the secret. */
export const newApiKey = () => `${bytesToBase64Url(crypto.getRandomValues(new Uint8Array(6)))}.${newSecret()}`;
