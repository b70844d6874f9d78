import { createPersonaClient, type ImportedDataset } from "@persona-protocol/sdk";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { xArchive } from "@persona-protocol/sdk/sources";
import { createHttpStore, generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { type Address, custom } from "viem";
import { hardhat } from "viem/chains";
import type { PageNetwork } from "./lifePage.ts";

/**
 * An owner's import as a page leaves it to a worker: reading, encrypting and publishing happen here; what the wallet is asked for
 * goes to the page, which alone can reach it.
 */
export type ToWorker =
  | { readonly kind: "import"; readonly file: File; readonly network: PageNetwork; readonly account: Address }
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly result?: unknown;
      readonly error?: { code: number; message: string };
    };
export type FromWorker =
  | {
      readonly kind: "ask";
      readonly id: number;
      readonly asked: { readonly method: string; readonly params?: unknown };
    }
  | { readonly kind: "done"; readonly dataset: ImportedDataset; readonly steps: readonly string[] }
  | { readonly kind: "failed"; readonly code: string };

type Scope = { onmessage?: (event: { data: ToWorker }) => void; postMessage(data: FromWorker): void };
const scope = globalThis as unknown as Scope;
let next = 0;
const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();

scope.onmessage = ({ data }) => {
  if (data.kind === "import") void importHere(data);
  else {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error === undefined) asked?.resolve(data.result);
    else asked?.reject(Object.assign(new Error(data.error.message), { code: data.error.code }));
  }
};

const wallet = {
  request: (asked: { readonly method: string; readonly params?: unknown }) =>
    new Promise<unknown>((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      scope.postMessage({ kind: "ask", id, asked });
    }),
};

async function importHere({ file, network, account }: Extract<ToWorker, { kind: "import" }>): Promise<void> {
  try {
    const { deployment, storeUrl, token } = network;
    const persona = createPersonaClient({
      ...{ chain: hardhat, transport: custom(wallet), account, deployment, token },
      storage: createHttpStore({ url: storeUrl }),
      keys: await ownerKemKeyPair(generateOwnerRootKey()),
    });
    const steps = new Set<string>();
    const dataset = await persona.importDataset({ source: xArchive(file), onProgress: ({ step }) => steps.add(step) });
    scope.postMessage({ kind: "done", dataset, steps: [...steps] });
  } catch (error) {
    scope.postMessage({ kind: "failed", code: isPersonaError(error) ? error.code : String(error) });
  }
}
