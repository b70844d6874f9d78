import { resolveGuardians } from "@persona-protocol/sdk/access";
import { createChainView, type Deployment, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { connectChain } from "../../chain/connectChain.ts";
import { parseUrl } from "../importOptions.ts";
import type { Finding } from "./doctor.ts";

const guardianRole = 2;
const mostNodes = 64;

/** Each registered guardian is asked for its key, which must be the one that the registry holds. */
export async function guardianChecks(rpc: string, deployment: Deployment): Promise<Finding[]> {
  const account = privateKeyToAccount(generatePrivateKey());
  const client = await connectChain({ rpcUrl: parseUrl(rpc), deployment, account });
  const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  const count = await client.readContract({ ...registry, functionName: "nodeCount" });
  const chain = createChainView(client, deployment);
  const { number } = await chain.block("latest");
  const ids = Array.from({ length: Math.min(count, mostNodes) }, (_, i) => i + 1);
  const nodes = await Promise.all(ids.map(async (id) => ({ id, ...(await chain.node(id, number)) })));
  const guardians = nodes.filter(({ roles }) => (roles & guardianRole) !== 0);
  const failures = await Promise.all(
    guardians.map(async ({ id }) => {
      try {
        await resolveGuardians(chain, [id]);
        return undefined;
      } catch (error) {
        if (!isPersonaError(error)) throw error;
        return `guardian ${id}: ${error.code}`;
      }
    }),
  );
  const down = failures.filter((failure) => failure !== undefined);
  const able = guardians.length - down.length;
  const found = `${able} of ${guardians.length} answer with an attested key${down.length === 0 ? "" : `; ${down.join(", ")}`}`;
  const fix = "A dataset needs at least two guardians: start them again, or ask their operators.";
  return [{ name: "guardians", ok: able >= 2 && down.length === 0, found, fix }];
}
