const PATIENCE_MS = 15_000;
const BETWEEN_MS = 50;

/**
 * Resolves when `/health` answers 200.
 * @throws one line with the last answer when it does not within 15 s.
 */
export async function untilHealthy(url: string): Promise<void> {
  const give_up_at = Date.now() + PATIENCE_MS;
  let last = "no answer";
  while (Date.now() < give_up_at) {
    try {
      const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(PATIENCE_MS) });
      const body = await response.text();
      if (response.status === 200) return;
      last = `${response.status} ${body.trim()}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
  throw new Error(`the Worker does not become healthy: ${last}`);
}
