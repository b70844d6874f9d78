/** A guardian whose enclave's code runs in the test's own process: registered, with shares that an owner has deposited over HTTP. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { encode } from "@ipld/dag-cbor";
import { decodeDeposit, emptyFrontier } from "@persona-protocol/sdk/access";
import { type ChainView, callContract, createChainView, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { sha256Hex } from "@persona-protocol/sdk/crypto";
import type { Hex } from "viem";
import { createAccessLog } from "../../node/src/enclave/runtime/guardian/accessLog.ts";
import { createReleaseAnswerer } from "../../node/src/enclave/runtime/guardian/answerRelease.ts";
import { createAskerKeys } from "../../node/src/enclave/runtime/guardian/askerKeys.ts";
import { checkDeposit } from "../../node/src/enclave/runtime/guardian/checkDeposit.ts";
import { createGuardianChain } from "../../node/src/enclave/runtime/guardian/guardianChain.ts";
import { createKeptKeyBoxes } from "../../node/src/enclave/runtime/guardian/keptKeyBoxes.ts";
import { createReleaseLimits } from "../../node/src/enclave/runtime/guardian/releaseLimits.ts";
import { createRevocationBook } from "../../node/src/enclave/runtime/guardian/revocationBook.ts";
import type { Scene } from "./guardianScene.ts";
import { registerTestEnclave } from "./testEnclave.ts";

export type LocalGuardian = {
  readonly nodeId: number;
  /** What its enclave makes of a release request's body, by the chain as it stood when this was called first. */
  answerer(): Promise<(body: Uint8Array) => Promise<Uint8Array>>;
  close(): void;
};

export async function startLocalGuardian({ network }: Pick<Scene, "network">): Promise<LocalGuardian> {
  const { identity, nodeId, client } = await registerTestEnclave(network, await network.fundedClient(), "guardian");
  const deposits = new Map<Hex, { head: Uint8Array; body: Uint8Array }>();
  const key = encode({ nodeId, signer: identity.account.address, kemKey: identity.kem.publicKey });
  // What owners and requesters ask a guardian for over HTTP; releases are asked in this process.
  const server = createServer((request, response) => {
    const take = async (): Promise<Uint8Array> => {
      if (request.url === "/key") return key;
      const body = new Uint8Array(await buffer(request));
      const chain = createGuardianChain([createChainView(client, network.deployment)], { confirmations: 0n });
      deposits.set(await checkDeposit({ chain, identity, nodeId }, body), decodeDeposit(body));
      return encode(null);
    };
    take().then(
      (body) => response.writeHead(200).end(body),
      () => response.writeHead(400).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const registry = { address: network.deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await callContract(client, { ...registry, functionName: "setEndpoint", args: [nodeId, endpoint] });
  return {
    nodeId,
    async answerer() {
      const chain = createGuardianChain([await standStill(createChainView(client, network.deployment))], {
        confirmations: 0n,
      });
      const log = createAccessLog(emptyFrontier, async () => {});
      // A clock on which a second passes between any two requests: nothing is refused for coming too fast.
      let nowMs = 0;
      const limits = createReleaseLimits(() => {
        nowMs += 1_000;
        return nowMs;
      });
      return createReleaseAnswerer(
        {
          chain,
          identity,
          nodeId,
          operators: new Map(),
          askers: createAskerKeys(),
          keyBoxes: createKeptKeyBoxes(),
          revocations: createRevocationBook({ chain, log, keeps: async () => true, nowMs: () => 0 }),
          limits,
          erasures: { settle: async () => 0 },
          deposit: async (keyBoxDigest) => deposits.get(keyBoxDigest),
        },
        log,
        async () => undefined,
      );
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const maxKept = 1_024;

/** The real chain's answers at its present block, each asked for once: thousands of requests cost no thousands of reads. */
async function standStill(view: ChainView): Promise<ChainView> {
  const block = await view.block("latest");
  const kept = new Map<string, Promise<unknown>>();
  const once = <value>(name: string, args: readonly unknown[], ask: () => Promise<value>): Promise<value> => {
    const key = sha256Hex(new TextEncoder().encode(JSON.stringify([name, args], textOf)));
    const known = kept.get(key) as Promise<value> | undefined;
    const answer = known ?? ask();
    if (kept.size < maxKept) kept.set(key, answer);
    return answer;
  };
  return {
    deployment: view.deployment,
    block: async () => block,
    releasable: (...args) => once("releasable", args, () => view.releasable(...args)),
    readable: (...args) => once("readable", args, () => view.readable(...args)),
    dataset: (...args) => once("dataset", args, () => view.dataset(...args)),
    enclaveKey: (...args) => once("enclaveKey", args, () => view.enclaveKey(...args)),
    node: (...args) => once("node", args, () => view.node(...args)),
    job: (...args) => once("job", args, () => view.job(...args)),
    signedBy: (...args) => once("signedBy", args, () => view.signedBy(...args)),
  };
}

const textOf = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}n` : value);
