import { readFileSync } from "node:fs";
import { getAddress, isAddress } from "viem";
import { z } from "zod";

const address = z
  .string()
  .refine((text) => isAddress(text, { strict: false }), "not an address")
  .transform((text) => getAddress(text));

/** What an index needs of `deployment.json`, as `persona dev` and `npm run deploy` write it. */
const deploymentFile = z.object({
  chainId: z.number().int().positive(),
  datasetRegistry: address,
  grantRegistry: address,
  appRegistry: address,
  nodeRegistry: address,
  jobMarket: address,
  fromBlock: z.coerce.number().int().min(0),
});

const localChainIds = [31_337, 1_337];

/** `PERSONA_INDEX_DEPLOYMENT`, a file, and `PERSONA_INDEX_RPC_URL`; `PERSONA_INDEX_DIR` is where PGlite keeps its files. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>) {
  const file = environment["PERSONA_INDEX_DEPLOYMENT"];
  const rpcUrl = environment["PERSONA_INDEX_RPC_URL"];
  if (file === undefined || rpcUrl === undefined || !URL.canParse(rpcUrl))
    throw new Error("Set PERSONA_INDEX_DEPLOYMENT to a deployment.json and PERSONA_INDEX_RPC_URL to its chain.");
  const parsed = deploymentFile.parse(JSON.parse(readFileSync(file, "utf8")));
  const isLocal = localChainIds.includes(parsed.chainId);
  const directory = environment["PERSONA_INDEX_DIR"] ?? ".ponder/pglite";
  return { deployment: { ...parsed, isLocal }, rpcUrl, directory, pollingInterval: isLocal ? 100 : 1_000 };
}
