/**
 * Loads the services by Node itself. Vite would resolve their packages as the `worker` project's, for workerd, where
 * `ws` is the browser's; and it would load them once for each project, so that nothing could be shared.
 * @returns {Promise<typeof import("./services.ts")>}
 */
module.exports = () => import("./services.ts");
