/** As much of a Durable Object's storage as an alarm needs. */
interface AlarmState {
  storage: {
    setAlarm(at: number): Promise<void>;
    put(key: string, value: number): Promise<void>;
    get(key: string): Promise<number | undefined>;
  };
}

export interface AlarmNamespace {
  newUniqueId(): unknown;
  get(id: unknown): { fetch(url: string): Promise<Response> };
}

const OBJECTS = 30;

/** An object that sets an alarm for now and notes when it goes off. */
export class BareAlarm {
  #state: AlarmState;

  constructor(state: AlarmState) {
    this.#state = state;
  }

  async fetch(request: Request): Promise<Response> {
    const { storage } = this.#state;
    if (new URL(request.url).pathname === "/arm") {
      const now = Date.now();
      await storage.put("armed", now);
      await storage.setAlarm(now);
      return new Response("ok");
    }
    const [armed, fired] = await Promise.all([storage.get("armed"), storage.get("fired")]);
    return Response.json(armed === undefined || fired === undefined ? null : fired - armed);
  }

  async alarm(): Promise<void> {
    await this.#state.storage.put("fired", Date.now());
  }
}

/** Milliseconds from the moment an alarm was set for to its handler, once each for fresh objects, one after another. */
export async function latenessOf(namespace: AlarmNamespace): Promise<number[]> {
  const late: number[] = [];
  for (let i = 0; i < OBJECTS; i++) {
    const object = namespace.get(namespace.newUniqueId());
    await (await object.fetch("http://object/arm")).text();
    for (let tries = 0; tries < 200; tries++) {
      const value: unknown = await (await object.fetch("http://object/lateness")).json();
      if (typeof value === "number") {
        late.push(value);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  return late;
}
