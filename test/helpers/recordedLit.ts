/**
 * In the place of a network of Lit: it keeps each share under the condition it was encrypted for, and decides by that condition alone,
 * which it asks of a real chain as Lit's nodes do. What it was asked is recorded. It proves nothing about a network of Lit.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { LitClient, LitContractCondition, LitSessionSigs } from "@persona-protocol/sdk/access/lit";
import type { ChainClient, Deployment } from "@persona-protocol/sdk/contracts";
import { sha256Hex } from "@persona-protocol/sdk/crypto";
import { type Abi, type Address, type Hex, type LocalAccount, recoverMessageAddress } from "viem";
import { z } from "zod";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";

export type RecordedLit = {
  readonly client: LitClient;
  readonly asked: readonly { readonly condition: LitContractCondition; readonly by: Address; readonly ok: boolean }[];
};

const session = z.object({ signedMessage: z.string(), sig: z.string().startsWith("0x") });

/** As Lit's client makes them of a key: a signed message that says whose session it is. */
export async function sessionOf(account: Pick<LocalAccount, "signMessage">): Promise<LitSessionSigs> {
  const signedMessage = `session ${crypto.randomUUID()}`;
  return { node: { signedMessage, sig: await account.signMessage({ message: signedMessage }) } };
}

export function createRecordedLit(chain: Pick<ChainClient, "readContract">): RecordedLit {
  const kept = new Map<string, Uint8Array>();
  const asked: { condition: LitContractCondition; by: Address; ok: boolean }[] = [];
  const nameOf = (conditions: LitContractCondition[], hash: string) => `${JSON.stringify(conditions)}${hash}`;

  const holds = async (condition: LitContractCondition, by: Address): Promise<boolean> => {
    const { functionAbi, functionName, contractAddress, returnValueTest } = condition;
    const args = condition.functionParams.map((text) => (text === ":userAddress" ? by : text));
    const abi = [functionAbi] as unknown as Abi;
    const got: unknown = await chain.readContract({ address: contractAddress as Hex, abi, functionName, args });
    const at = functionAbi.outputs.findIndex(({ name }) => name === returnValueTest.key);
    const ok = Array.isArray(got) && String(got[at]) === returnValueTest.value;
    asked.push({ condition, by, ok });
    return ok;
  };

  return {
    asked,
    client: {
      async encrypt({ evmContractConditions, dataToEncrypt }) {
        const dataToEncryptHash = sha256Hex(dataToEncrypt).slice(2);
        kept.set(nameOf(evmContractConditions, dataToEncryptHash), dataToEncrypt.slice());
        return { ciphertext: "cmVjb3JkZWQ=", dataToEncryptHash };
      },
      async decrypt({ evmContractConditions, dataToEncryptHash, sessionSigs }) {
        const { signedMessage, sig } = session.parse(sessionSigs["node"]);
        const by = await recoverMessageAddress({ message: signedMessage, signature: sig as Hex });
        const decryptedData = kept.get(nameOf(evmContractConditions, dataToEncryptHash));
        for (const condition of evmContractConditions) {
          if (!(await holds(condition, by))) throw new Error("NodeAccessControlConditionsReturnedNotAuthorized");
        }
        if (decryptedData === undefined) throw new Error("NodeInvalidCiphertext");
        return { decryptedData };
      },
    },
  };
}

/** Compiles the view as docs/lit.md prints it, and deploys it. */
export async function deployReleasableView(client: ChainClient, { jobMarket }: Deployment): Promise<Address> {
  const text = await readFile(join(repositoryRoot, "docs/lit.md"), "utf8");
  const body = /```solidity\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
  const imports = [
    'import {IJobMarket} from "contracts/interfaces/IJobMarket.sol";',
    'import {JobParams} from "contracts/types/JobParams.sol";',
    'import {JobId} from "contracts/types/Ids.sol";',
    'import {Reason} from "contracts/types/Reason.sol";',
  ];
  const content = ["pragma solidity ^0.8.0;", ...imports, body].join("\n");
  const { abi, bytecode } = await compile(content);
  const hash = await client.deployContract({ abi, bytecode, args: [jobMarket] });
  const { contractAddress } = await client.waitForTransactionReceipt({ hash });
  if (contractAddress === null || contractAddress === undefined) throw new Error("the view was not deployed");
  return contractAddress;
}

const output = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).default([]),
  contracts: z
    .object({
      "View.sol": z.object({
        ReleasableView: z.object({
          abi: z.custom<Abi>(Array.isArray),
          evm: z.object({ bytecode: z.object({ object: z.string() }) }),
        }),
      }),
    })
    .optional(),
});

type Solc = {
  compile(input: string, options: { import(path: string): { contents: string } | { error: string } }): string;
};

async function compile(content: string): Promise<{ abi: Abi; bytecode: Hex }> {
  const require = createRequire(import.meta.url);
  const solc = require("solc") as Solc;
  const { readFileSync } = await import("node:fs");
  const input = {
    language: "Solidity",
    sources: { "View.sol": { content } },
    settings: {
      evmVersion: "cancun",
      outputSelection: { "View.sol": { ReleasableView: ["abi", "evm.bytecode.object"] } },
    },
  };
  const read = (path: string): { contents: string } | { error: string } => {
    const file = path.startsWith("contracts/") ? join(repositoryRoot, path) : require.resolve(path);
    return { contents: readFileSync(file, "utf8") };
  };
  const { errors, contracts } = output.parse(JSON.parse(solc.compile(JSON.stringify(input), { import: read })));
  const view = contracts?.["View.sol"].ReleasableView;
  const failed = errors.filter(({ severity }) => severity === "error");
  if (view === undefined || failed.length > 0) throw new Error(failed.map((e) => e.formattedMessage).join("\n"));
  return { abi: view.abi, bytecode: `0x${view.evm.bytecode.object}` };
}
