declare namespace Cloudflare {
  /** What `services.ts` gives to tests inside workerd beyond the Worker's own bindings. */
  interface Env {
    SIMULATORS_URL: string;
    ADMIN_DATABASE_URL: string;
  }
}
