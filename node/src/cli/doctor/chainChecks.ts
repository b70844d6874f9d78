import type { Deployment } from "@persona-protocol/sdk/contracts";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../chain/connectChain.ts";
import { parseUrl } from "../importOptions.ts";
import type { Finding } from "./doctor.ts";

const staleSeconds = 3_600;
const named = [
  "datasetRegistry",
  "grantRegistry",
  "nodeRegistry",
  "measurementPolicy",
  "jobMarket",
  "appRegistry",
  "ownerKeys",
] as const;

/** Does the endpoint answer, is it the right chain, is it alive, and are the contracts there? */
export async function chainChecks(rpc: string, deployment: Deployment | undefined): Promise<Finding[]> {
  const rpcUrl = parseUrl(rpc);
  const wanted = deployment?.chainId ?? 31_337;
  const client = createChainClient({ rpcUrl, chainId: wanted, account: privateKeyToAccount(generatePrivateKey()) });
  const got = await client.getChainId().catch(() => undefined);
  if (got === undefined) {
    const fix = "Start the chain (`persona dev`), or give its URL as --rpc.";
    return [{ name: "chain", ok: false, found: `${rpcUrl} does not answer`, fix }];
  }
  const right = got === wanted;
  const findings: Finding[] = [
    { name: "chain", ok: true, found: `${rpcUrl} answers` },
    {
      name: "chain id",
      ok: right,
      found: right ? `${got}` : `${got}, wanted ${wanted}`,
      fix: "Give --rpc and --network of one network.",
    },
  ];
  if (!right || deployment === undefined) return findings;
  const { timestamp } = await client.getBlock();
  const behind = Math.round(Date.now() / 1_000) - Number(timestamp);
  // A local chain's clock may have been moved ahead, and it makes blocks on demand only.
  const alive = got === 31_337 || got === 1_337 || Math.abs(behind) < staleSeconds;
  findings.push({
    name: "newest block",
    ok: alive,
    found: `${behind} s old`,
    fix: "The endpoint lags behind its chain: use another.",
  });
  const codes = await Promise.all(named.map((name) => client.getCode({ address: deployment[name] })));
  const missing = named.filter((_, i) => codes[i] === undefined);
  findings.push({
    name: "contracts",
    ok: missing.length === 0,
    found: missing.length === 0 ? `${named.length} there` : `missing: ${missing.join(", ")}`,
    fix: "The chain was started anew since: take the folder of the network that runs now.",
  });
  return findings;
}
