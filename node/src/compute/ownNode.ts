import { nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import type { Context } from "../context.ts";
import { registerNode } from "../enclave/registerEnclave.ts";
import type { Journal } from "./journal.ts";

/** Blocks asked for in one call. */
const range = 2_000n;

/**
 * This worker's node: the journal's, or a new one. A registration that a crash has cut off is looked for first: a second one
 * would take the stake twice.
 */
export async function openOwnNode(
  context: Context,
  journal: Pick<Journal, "nodeId" | "setNodeId" | "registeringSince" | "setRegisteringSince">,
): Promise<number> {
  const known = await journal.nodeId();
  if (known !== undefined) return known;
  const since = await journal.registeringSince();
  if (since === undefined) await journal.setRegisteringSince(await context.client.getBlockNumber());
  const nodeId =
    (since === undefined ? undefined : await findNode(context, since)) ??
    (await registerNode(context, { role: "worker", stake: BigInt(context.config.stake), endpoint: "" }));
  await journal.setNodeId(nodeId);
  return nodeId;
}

/** The worker that this operator has registered since that block; of several the newest. */
async function findNode({ client, deployment, operator }: Context, since: bigint): Promise<number | undefined> {
  const head = await client.getBlockNumber();
  for (let to = head; to >= since; to -= range) {
    const events = await client.getContractEvents({
      address: deployment.nodeRegistry,
      abi: nodeRegistryAbi,
      eventName: "NodeRegistered",
      args: { operator },
      fromBlock: to - range + 1n > since ? to - range + 1n : since,
      toBlock: to,
      strict: true,
    });
    const ours = events.findLast(({ args }) => args.roles === workerRole);
    if (ours !== undefined) return ours.args.nodeId;
  }
  return undefined;
}

/** As `registerNode` asks for it. */
const workerRole = 1;
