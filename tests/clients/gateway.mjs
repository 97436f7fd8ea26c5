import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * Starts the binary in `CRUDDUR_BIN` on a free port and waits until it is ready. Its data is in memory
 * unless `env` names a database.
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
