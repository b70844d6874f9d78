import { createPersonaClient, type Deployment, type ImportedDataset, type PersonaClient } from "@persona-protocol/sdk";
import { createDappClient } from "@persona-protocol/sdk/dapp";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { createHttpStore } from "@persona-protocol/sdk/storage";
import { type Address, custom, type EIP1193Provider, parseEther } from "viem";
import { hardhat } from "viem/chains";
import { engagement } from "../../../examples/engagement.ts";
import type { FromWorker, ToWorker } from "./lifeWorker.ts";
import { type Liveliness, watch } from "./liveliness.ts";

/** An owner's page and a dApp's, in one. Only plain data goes in and out. */

export type PageNetwork = {
  readonly storeUrl: string;
  readonly token: Address;
  readonly deployment: Deployment;
};

let provider: EIP1193Provider;
let accounts: readonly Address[];
let network: PageNetwork;
let dataset: ImportedDataset;

/** Finds the network and the wallet (EIP-6963). */
export async function connect(
  pagesUrl: string,
): Promise<{ readonly wallet: string; readonly accounts: readonly Address[] }> {
  const found = (await (await fetch(`${pagesUrl}/network.json`)).json()) as PageNetwork;
  network = { ...found, deployment: { ...found.deployment, fromBlock: BigInt(found.deployment.fromBlock) } };
  type Announced = {
    readonly detail: { readonly info: { readonly name: string }; readonly provider: EIP1193Provider };
  };
  const scope = globalThis as unknown as EventTarget;
  const { info, ...rest } = await new Promise<Announced["detail"]>((resolve) => {
    scope.addEventListener("eip6963:announceProvider", (event) => resolve((event as unknown as Announced).detail));
    scope.dispatchEvent(new Event("eip6963:requestProvider"));
  });
  provider = rest.provider;
  accounts = await provider.request({ method: "eth_requestAccounts" });
  return { wallet: info.name, accounts };
}

/** A file as `<input type="file">` gives it, read, encrypted and published by a worker. */
export async function importFile(path: string): Promise<{
  readonly segments: readonly string[];
  readonly steps: readonly string[];
  readonly page: Liveliness;
}> {
  const file = new File([await (await fetch(path)).blob()], "archive.zip");
  type Port = { onmessage?: (event: { data: FromWorker }) => void; postMessage(data: ToWorker): void };
  const { Worker } = globalThis as unknown as { Worker: new (url: string, options: { type: "module" }) => Port };
  const worker = new Worker("/worker.js", { type: "module" });
  const stop = watch();
  const { dataset: imported, steps } = await new Promise<Extract<FromWorker, { kind: "done" }>>((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data.kind === "ask") void pass(data, (answer) => worker.postMessage(answer));
      else if (data.kind === "done") resolve(data);
      else reject(new Error(data.code));
    };
    worker.postMessage({ kind: "import", file, network, account: ownerAccount() });
  });
  dataset = imported;
  return { segments: imported.segments.map(({ name }) => name), steps, page: stop() };
}

async function pass(
  { id, asked }: Extract<FromWorker, { kind: "ask" }>,
  answer: (message: ToWorker) => void,
): Promise<void> {
  try {
    answer({ kind: "answer", id, result: await provider.request(asked as never) });
  } catch (error) {
    const { code, message } = error as { code: number; message: string };
    answer({ kind: "answer", id, error: { code, message } });
  }
}

/** The dApp asks, the owner grants by a signature, the dApp runs and reads. @returns the row, or the code of what went wrong */
export async function askGrantRun(): Promise<{
  readonly row: Readonly<Record<string, string>>;
  readonly tree: string;
}> {
  const dapp = createDappClient({ ...shared(), account: dappAccount() });
  const asked = await dapp.requestAccess({
    ...{ program: engagement, segments: ["posts"], why: "To pay for good posts.", uses: 1, expiresIn: "1d" },
  });
  const { request } = await owner().readAccessRequest(asked);
  const grant = await owner().signGrant({ request, dataset });
  const job = await dapp.submitJob({
    ...{ program: engagement, grants: [grant], args: { threshold: 100 }, maxFee: parseEther("3") },
  });
  const { rows } = await job.result({ signal: AbortSignal.timeout(90_000) });
  const row = Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, value]) => [name, String(value)]));
  return { row, tree: (await owner().provenance(job)).text };
}

/** Ends every grant. @returns `done`, or the code of what went wrong */
export async function revokeAll(): Promise<string> {
  try {
    await owner().revokeAllAndWait();
    return "done";
  } catch (error) {
    return isPersonaError(error) ? error.code : String(error);
  }
}

const shared = () => ({
  chain: hardhat,
  transport: custom(provider),
  deployment: network.deployment,
  token: network.token,
  storage: createHttpStore({ url: network.storeUrl }),
});
const owner = (): PersonaClient => createPersonaClient({ ...shared(), account: ownerAccount() });
const ownerAccount = (): Address => accountAt(0);
const dappAccount = (): Address => accountAt(1);

function accountAt(index: number): Address {
  const account = accounts[index];
  if (account === undefined) throw new Error("not connected");
  return account;
}
