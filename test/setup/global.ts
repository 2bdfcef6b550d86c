import { createRequire } from "node:module";
import type { TestProject } from "vitest/node";
import type loadServices from "./native.cjs";

const services: typeof loadServices = createRequire(import.meta.url)("./native.cjs");

export default async function setup(project: TestProject) {
  try {
    return await provideServices(project);
  } catch (error) {
    // Vitest fails to print the error of a global setup (it maps the stack of a module that it has not read).
    console.error(
      `The services for the tests did not start: ${error instanceof Error ? error.message : String(error)}`,
    );
    throw error;
  }
}

/** Gives a project its services: Postgres, and for tests inside workerd the simulators and the Worker's bindings. */
async function provideServices(project: TestProject) {
  const { cluster, startWorkerServices } = await services();
  const { adminUrl, template, workerPassword } = await cluster.hold();
  project.provide("cluster", { adminUrl, template, workerPassword });
  if (project.name !== "worker") return cluster.release;

  const { bindings, stop } = await startWorkerServices({ adminUrl, template, workerPassword });
  project.provide("bindings", bindings);
  return async () => {
    await stop();
    await cluster.release();
  };
}
