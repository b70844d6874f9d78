import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import type { GasCall, GasFigures } from "./measureGas.ts";

type Row = {
  readonly call: GasCall;
  readonly ceiling: number | undefined;
  readonly peers: string;
  readonly floor: string;
};

/** Peers and floor: measured on anvil 1.7.1 (osaka), steady state; the floor is minimal code that stores what must be stored. */
const rows: readonly Row[] = [
  {
    call: "registerDataset",
    ceiling: 80_000,
    peers: "EAS 200,260 · Vana 205,516 · iExec 563,663 · Ocean 674,184",
    floor: "49k",
  },
  { call: "grant", ceiling: 62_000, peers: "75k to 537k", floor: "50k" },
  { call: "grantBySig", ceiling: 72_000, peers: "–", floor: "–" },
  { call: "revoke", ceiling: 32_000, peers: "60k to 93k", floor: "27k" },
  { call: "revokeAll", ceiling: 30_000, peers: "none has it", floor: "–" },
  { call: "submitJob", ceiling: 140_000, peers: "183k to 835k", floor: "101k" },
  { call: "submitJob10", ceiling: 300_000, peers: "–", floor: "–" },
  { call: "claimJob", ceiling: 60_000, peers: "42k to 222k", floor: "31k" },
  { call: "settleJob", ceiling: 110_000, peers: "134k to 545k", floor: "52k" },
  { call: "settleManyPerJob", ceiling: 60_000, peers: "–", floor: "–" },
  { call: "settleManyInlinePerJob", ceiling: undefined, peers: "–", floor: "–" },
  { call: "withdraw", ceiling: 42_000, peers: "–", floor: "–" },
  { call: "registerNode", ceiling: 200_000, peers: "659k", floor: "65k" },
  { call: "addEnclaveKey", ceiling: 200_000, peers: "flashtestations 8.9M · Automata 4.0M (full quotes)", floor: "–" },
  {
    call: "wholeJob",
    ceiling: 310_000,
    peers: "Ocean 414k (checks no proof) · iExec 652k to 1.6M",
    floor: "183k",
  },
];

const figure = (value: number | undefined) => (value === undefined ? "–" : value.toLocaleString("en"));

/** Opcodes that cost by themselves; the rest is the work of computing and copying. */
const NAMED = ["intrinsic", "calldata", "SLOAD", "SSTORE", "CALL", "STATICCALL", "LOG3", "LOG4"];

function explanation(explained: GasFigures["explained"]): string {
  const calls = Object.keys(explained);
  const of = (call: string, part: string) => explained[call]?.[part] ?? 0;
  const rest = (call: string) =>
    Object.entries(explained[call] ?? {}).reduce((sum, [name, gas]) => (NAMED.includes(name) ? sum : sum + gas), 0);
  const line = (name: string, value: (call: string) => number) =>
    `| ${name} | ${calls.map((call) => figure(value(call))).join(" | ")} |`;
  return [
    `| opcode | ${calls.map((call) => `\`${call}\``).join(" | ")} |`,
    `|---|${calls.map(() => "---|").join("")}`,
    ...NAMED.map((name) => line(name, (call) => of(call, name))),
    line("all others, less refunds", rest),
  ].join("\n");
}

/** docs/gas.md is made here, up to "What was tried", which is written by hand and kept. */
export async function writeGasDocs(hardhat: GasFigures, anvil: GasFigures): Promise<void> {
  const lines = rows.map(
    ({ call, ceiling, peers, floor }) =>
      `| \`${call}\` | ${figure(hardhat.steady[call])} | ${figure(anvil.steady[call])} | ${figure(ceiling)} | ${figure(hardhat.firstUse[call])} | ${floor} | ${peers} |`,
  );
  const text = `# Gas

Made by \`npm run -s bench -- gas --json\`; do not edit above "What was tried". From receipts: 21,000 and calldata included. *Steady*: counters and balances are not
zero, the allowance is given, the grant is registered, the result has 1,216 bytes of ciphertext in the transaction, claims run in a race of unit 4. The same calls are
sent to Hardhat's chain and to anvil 1.7.1, both osaka. Peers and floor (minimal code that stores what must be stored) were measured on anvil 1.7.1.

| call | Hardhat | anvil | ceiling | first use | floor | peers |
|---|---|---|---|---|---|---|
${lines.join("\n")}

\`submitJob10\` is one job on ten grants of ten owners; \`settleManyPerJob\` is a batch of twenty results for twenty owners that two guardians hold (\`settleAvailable\`), divided by twenty, and
\`settleManyInlinePerJob\` the same with all ciphertexts in the transaction (\`settleMany\`): 1,216 bytes cost 19,500 gas as calldata alone; \`wholeJob\` is submit, claim and settle.

## Where it goes
By opcode, from \`debug_traceTransaction\` on Hardhat's chain. CALL and STATICCALL without what runs below them; precompiles are in STATICCALL.

${explanation(hardhat.explained)}
`;
  const file = join(repositoryRoot, "docs/gas.md");
  const old = await readFile(file, "utf8").catch(() => "");
  const kept = old.indexOf("\n## What was tried");
  await writeFile(file, kept < 0 ? text : text + old.slice(kept));
}
