import { chainEvidenceOf } from "@persona-protocol/sdk/attestation";
import { callContract, KeyClass, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, bytesToHex, erc20Abi, parseEventLogs } from "viem";
import { z } from "zod";
import { quorumWord } from "../attestation/quorum/quorumWord.ts";
import type { Context } from "../context.ts";
import { decodeRegistration } from "./runtime/registrationMessage.ts";
import type { EnclaveProcess } from "./startEnclave.ts";

export type RegistrationContext = Pick<Context, "client" | "deployment" | "operator" | "verifier"> & {
  readonly config?: Pick<Context["config"], "quorumUrls">;
};

/** As the registry has them. An ingestor's key is of the class guardian, for there is none of its own: no job and no share ever comes to it. */
const roleBits = { worker: 1, guardian: 2, ingestor: 6 } as const;
export type NodeRole = keyof typeof roleBits;
const classOf = (role: NodeRole): number => KeyClass[role === "ingestor" ? "guardian" : role];
const started = z.object({ signer: z.string(), kemKey: z.custom<Uint8Array>((value) => value instanceof Uint8Array) });

/** What an enclave says of itself when it has started. */
export type EnclaveKeys = { readonly signer: Address; readonly kemKey: Uint8Array };

export function parseEnclaveKeys(value: unknown): EnclaveKeys {
  const parsed = started.safeParse(value);
  if (!parsed.success) throw new PersonaError("ENCLAVE_FAILED", "The enclave did not say its keys.");
  return { signer: parsed.data.signer as Address, kemKey: parsed.data.kemKey };
}

/** Mints the node's soulbound token and stakes. @returns the new node's id */
export async function registerNode(
  { client, deployment, operator }: RegistrationContext,
  node: { readonly role: NodeRole; readonly stake: bigint; readonly endpoint: string },
): Promise<number> {
  const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  if (node.stake > 0n) {
    const token = await client.readContract({ ...registry, functionName: "STAKE_TOKEN" });
    const held = await client.readContract({
      address: token,
      abi: erc20Abi,
      functionName: "balanceOf",
      args: [operator],
    });
    if (held < node.stake) {
      throw new PersonaError("CONFIG_INVALID", "The operator holds fewer tokens than the configured stake.", {
        data: { operator, held, stake: node.stake },
      });
    }
    await callContract(client, {
      address: token,
      abi: erc20Abi,
      functionName: "approve",
      args: [deployment.nodeRegistry, node.stake],
    });
  }
  const receipt = await callContract(client, {
    ...registry,
    functionName: "registerNode",
    args: [roleBits[node.role], node.stake, node.endpoint],
  });
  const [event] = parseEventLogs({ abi: nodeRegistryAbi, eventName: "NodeRegistered", logs: receipt.logs });
  if (event === undefined) throw new PersonaError("INTERNAL", "The registry did not say the new node's id.");
  return event.args.nodeId;
}

/** Tells the registry where the node is reached now, unless it says so already: a free port is another one each time. */
export async function announceEndpoint(
  { client, deployment }: RegistrationContext,
  nodeId: number,
  endpoint: string,
): Promise<void> {
  const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  const node = await client.readContract({ ...registry, functionName: "nodeOf", args: [nodeId] });
  if (node.endpoint === endpoint) return;
  await callContract(client, { ...registry, functionName: "setEndpoint", args: [nodeId, endpoint] });
}

/** Registers the enclave's keys under the node, unless the registry already knows them. */
export async function registerEnclaveKey(
  context: RegistrationContext,
  enclave: Pick<EnclaveProcess, "call"> & Partial<Pick<EnclaveProcess, "companionsOf">>,
  key: { readonly signer: Address; readonly nodeId: number; readonly role: NodeRole },
): Promise<void> {
  const { client, deployment, verifier } = context;
  const registry = { address: deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  return againstReorganisations(async () => {
    const known = await client.readContract({ ...registry, functionName: "enclaveKeyOf", args: [key.signer] });
    if (known.nodeId !== 0) return;
    const { binding, told, signature } = await attestKey(context, enclave, key.role);
    await callContract(client, {
      ...registry,
      functionName: "addEnclaveKey",
      args: [key.nodeId, binding, bytesToHex(told), verifier, signature],
    });
  });
}

/** A reorganisation takes the block that a binding names: the key is bound to another, so often. */
const mostBindings = 4;

/**
 * Binds and sends again where the registry does not know the binding's block any more.
 * @throws PersonaError CHAIN_DISAGREES when that happens again and again
 */
export async function againstReorganisations<value>(bindAndSend: () => Promise<value>): Promise<value> {
  for (let left = mostBindings; left > 0; left--)
    try {
      return await bindAndSend();
    } catch (error) {
      if (!isPersonaError(error, "TRANSACTION_REVERTED") || error.data["error"] !== "BindingBlockUnknown") throw error;
    }
  throw new PersonaError("CHAIN_DISAGREES", "Blocks are gone before the registry sees them.");
}

/** Fresh evidence of the enclave's keys, as the verifier of this node reads it, with binding and proof of possession. */
export async function attestKey(
  { client, operator, verifier, config }: RegistrationContext,
  enclave: Pick<EnclaveProcess, "call"> & Partial<Pick<EnclaveProcess, "companionsOf">>,
  role: NodeRole,
) {
  const block = await client.getBlock();
  // Not the newest block: geth tries a call in the newest one itself, which does not know its own hash.
  const parent = { blockNumber: Number(block.number) - 1, blockHash: block.parentHash };
  const facts = { operator, keyClass: classOf(role), ...parent };
  const { binding, evidence, signature } = decodeRegistration(
    // A platform's quoting service may take its time.
    await enclave.call("register", facts, { timeoutMs: 30_000 }),
  );
  const { quorumUrls: urls = [] } = config ?? {};
  const told =
    urls.length === 0
      ? chainEvidenceOf(evidence)
      : await quorumWord({ client, quorumVerifier: verifier, urls }, evidence, enclave.companionsOf?.(evidence));
  return { binding, told, signature };
}
