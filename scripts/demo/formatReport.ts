import Table from "cli-table3";
import { threshold } from "./engagementProgram.ts";
import type { DemoReport } from "./runDemo.ts";

/** The end of the story, for a person. */
export function formatReport({
  ok,
  records,
  result,
  expected,
  receiptVerified,
  refused,
  leaks,
  gas,
  ms,
}: DemoReport): string {
  const times = new Table({
    head: ["step", "ms"],
    colAligns: ["left", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const [step, took] of Object.entries(ms)) times.push([step, took.toLocaleString("en")]);
  const costs = new Table({
    head: ["transaction", "gas"],
    colAligns: ["left", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const [call, used] of Object.entries(gas)) costs.push([call, used.toLocaleString("en")]);
  const codes = new Table({ head: ["what must fail", "refused with"], style: { head: [], border: [], compact: true } });
  for (const [what, code] of Object.entries(refused)) codes.push([what, code]);
  return [
    "",
    `The dApp learned, from ${records.toLocaleString("en")} encrypted records, and without an account name or a post:`,
    `  ${result.posts.toLocaleString("en")} own posts, ${result.high_engagement_posts.toLocaleString("en")} with an engagement of ${threshold} or more, score ${result.score.toLocaleString("en")}`,
    `  recomputed from the plain archive: ${expected.posts.toLocaleString("en")}, ${expected.high_engagement_posts.toLocaleString("en")}, ${expected.score.toLocaleString("en")}`,
    `  receipt ${receiptVerified ? "verified" : "NOT VERIFIED"}; leaks found: ${leaks}`,
    "",
    codes.toString(),
    times.toString(),
    costs.toString(),
    "",
    ok
      ? "Everything held. The TEE is SIMULATED here: SECURITY.md says what that does not give."
      : "SOMETHING IS WRONG: see above.",
    "",
  ].join("\n");
}
