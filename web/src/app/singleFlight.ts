/**
 * Runs one call of a task at a time. Calls made while the task runs share one more run, which
 * follows even if the first one fails.
 */
export function singleFlight(task: () => Promise<unknown>): () => void {
  let isRunning = false;
  let runAgain = false;
  const run = () => {
    if (isRunning) {
      runAgain = true;
      return;
    }
    isRunning = true;
    void task()
      .catch(() => undefined)
      .finally(() => {
        isRunning = false;
        if (!runAgain) return;
        runAgain = false;
        run();
      });
  };
  return run;
}
