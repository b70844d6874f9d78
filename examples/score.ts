/**
 * A dApp asks one question of a person's posts and sees the answer, never a post. What stands between the markers is in the
 * README (`node scripts/syncReadme.ts`), and test/e2e/example.test.ts runs this file.
 */
// example:start
import { createPersonaClient, decodeGrantPackage } from "@persona-protocol/sdk";
import { http, parseEther } from "viem";
import { engagement } from "./engagement.ts";
import { localNetwork } from "./localNetwork.ts";

const { account, chain, deployment, store, grant } = await localNetwork();
const persona = createPersonaClient({ account, chain, transport: http(), deployment, storage: store });

const job = await persona.submitJob({
  program: engagement, // an SQL statement; the owner granted its id
  grants: [decodeGrantPackage(grant)], // what the owner handed over
  args: { threshold: 100 },
  maxFee: parseEther("3"), // all in: the owner's price, the protocol fee, and what is left for the node
});

// Waits, verifies the receipt, decrypts, and checks the rows against the program's declared shape.
const { rows, receipt } = await job.result({ signal: AbortSignal.timeout(60_000) });
console.log(JSON.stringify({ ...rows[0], job: receipt.jobId }));
// example:end
