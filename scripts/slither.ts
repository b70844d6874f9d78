// npm run slither: static analysis of the contracts; every finding is fixed, or explained in slither.triage.json.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "./command/runCommand.ts";
import { runSlither, TRIAGE } from "./slither/runSlither.ts";

const usage = `
usage: npm run slither

Runs Slither on contracts/. It is installed into .cache/ in the versions of scripts/slither/requirements.txt, by python3 and
pip; where that is impossible, this says so and exits with 0.

Exit code 1 when a finding is not explained in ${TRIAGE}, or an explanation has no finding.`;

const repository = fileURLToPath(new URL("..", import.meta.url));
const root = process.env["PERSONA_TOOLS_ROOT"] ?? repository;

await runCommand({ usage, options: {} }, async () => {
  const outcome = await runSlither(root, { cache: join(repository, ".cache") });
  if ("skipped" in outcome) {
    process.stderr.write(
      `SKIPPED: Slither cannot be installed here, so the contracts are not analysed.\n${outcome.skipped}\n`,
    );
    return 0;
  }
  const { findings, problems } = outcome;
  process.stdout.write(
    `Slither: ${findings.length} findings, ${findings.length - count(problems)} explained in ${TRIAGE}.\n`,
  );
  for (const problem of problems) process.stderr.write(`\n${problem}\n`);
  return problems.length === 0 ? 0 : 1;
});

function count(problems: readonly string[]): number {
  return problems.filter((problem) => problem.startsWith("unexplained")).length;
}
