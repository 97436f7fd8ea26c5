import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * Starts the binary that CRUDDUR_BIN names on a free port, with data in memory unless `env` says
 * otherwise, and waits until it is ready.
 */
export async function startGateway(env = {}) {
  const child = spawn(process.env.CRUDDUR_BIN, [], {
    env: { PORT: "0", DATABASE_URL: "mock:", LOG: "warn", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(child.stdout), "line");
  const url = line.replace("Cruddur is at ", "");
  while (!(await fetch(`${url}/health/ready`)).ok) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url,
    pid: child.pid,
    async stop() {
      child.kill();
      await once(child, "exit");
    },
  };
}
