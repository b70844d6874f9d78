// Type-checked in a folder of its own against the tarball's declarations.
import { createPersonaClient, defineProgram, type GrantPackage } from "@persona-protocol/sdk";
import { fromEthers } from "@persona-protocol/sdk/ethers";
import { xArchive } from "@persona-protocol/sdk/sources";
import type { Wallet } from "ethers";

const program = defineProgram({
  v: 1,
  kind: "sql",
  name: "score",
  description: "",
  statement: "SELECT 1",
  tables: [{ table: "posts", schema: "persona:post@1" }],
  args: [{ name: "threshold", type: "bigint" }],
  result: { columns: [{ name: "score", type: "bigint", nullable: false }], maxRows: 1 },
  limits: { timeMs: 1_000, memoryMb: 64 },
});

export async function life(
  wallet: Wallet,
  file: File,
  granted: GrantPackage,
  signal: AbortSignal,
): Promise<number | bigint> {
  const persona = createPersonaClient({ client: await fromEthers(wallet) });
  const dataset = await persona.importDataset({ source: xArchive(file) });
  await persona.grant({ to: granted.terms.grantee, dataset, segments: ["posts"], program, uses: 1, expiresIn: "30d" });
  const job = await persona.submitJob({ program, grants: [granted], args: { threshold: 1 }, maxFee: 1n });
  // @ts-expect-error the program names its argument otherwise
  await persona.submitJob({ program, grants: [granted], args: { treshold: 1 }, maxFee: 1n });
  const { rows } = await job.result({ signal });
  // @ts-expect-error the program has no such column
  void rows[0]?.points;
  return rows[0]?.score ?? 0;
}
