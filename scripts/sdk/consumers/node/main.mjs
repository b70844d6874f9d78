// Runs in a folder of its own, with the SDK installed from its tarball: every entry loads, and the first steps work.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createPersonaClient, defineProgram, encodeProgram, isPersonaError } from "@persona-protocol/sdk";
import { generateKemKeyPair, open, seal } from "@persona-protocol/sdk/crypto";
import { xArchive } from "@persona-protocol/sdk/sources";
import { http } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";

const { exports } = JSON.parse(
  await readFile(new URL(import.meta.resolve("@persona-protocol/sdk/package.json")), "utf8"),
);
const entries = Object.keys(exports).filter((name) => name !== "./package.json" && name !== "./access/lit");
for (const entry of entries) {
  const module = await import(`@persona-protocol/sdk${entry.slice(1)}`);
  assert.ok(Object.keys(module).length > 0, entry);
}

const { publicKey, privateKey } = await generateKemKeyPair();
const plaintext = new TextEncoder().encode("sealed and opened");
const info = new Uint8Array();
assert.deepEqual(await open({ privateKey, info, ...(await seal({ publicKey, info, plaintext })) }), plaintext);

const program = defineProgram({
  ...{ v: 1, kind: "sql", name: "n", description: "", statement: "SELECT 1::BIGINT AS n FROM posts" },
  ...{ tables: [{ table: "posts", schema: "persona:post@1" }], args: [] },
  result: { columns: [{ name: "n", type: "bigint", nullable: false }], maxRows: 1 },
  limits: { timeMs: 1_000, memoryMb: 64 },
});
assert.match(encodeProgram(program).programId, /^0x[0-9a-f]{64}$/);

// Nothing listens there: the client is built, the deployment found by its chain, and the failure is the SDK's own.
const account = privateKeyToAccount(generatePrivateKey());
const transport = http("http://127.0.0.1:9", { retryCount: 0 });
const persona = createPersonaClient({ chain: hardhat, transport, account });
await assert.rejects(persona.revokeAll(), (error) => isPersonaError(error, "CHAIN_UNREACHABLE"));
await assert.rejects(persona.importDataset({ source: xArchive(new Blob([])) }), (error) =>
  isPersonaError(error, "CONFIG_INVALID"),
);
process.stdout.write(`${entries.length} entries\n`);
