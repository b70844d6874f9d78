// npm run check [-- --only NAME]: every static check, each with its time and result; exit code 1 if one fails.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type CheckResult, checks } from "./check/checks.ts";

const AT_ONCE = 2; // the reference machine has two cores
const root = fileURLToPath(new URL("..", import.meta.url));

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  const chosen = checks.filter(({ name }) => values.only === undefined || values.only === name);
  if (chosen.length === 0) {
    const names = checks.map(({ name }) => name).join(", ");
    process.stderr.write(`There is no check ${JSON.stringify(values.only)}; there are ${names}.\n`);
    return 2;
  }
  const queue = [...chosen];
  const results: CheckResult[] = [];
  const worker = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      const startedAt = performance.now();
      const result = await check.run(root);
      results.push(result);
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      process.stdout.write(`${result.ok ? "ok    " : "FAILED"} ${check.name.padEnd(18)} ${seconds.padStart(5)} s\n`);
      const text = result.output.trim();
      if (text !== "") process.stdout.write(`${text.replaceAll(/^/gm, "       ")}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const failed = results.filter(({ ok }) => !ok).length;
  process.stdout.write(`\n${results.length - failed} checks passed, ${failed} failed\n`);
  return failed > 0 ? 1 : 0;
}
