/**
 * The code of docs/sdk.md and of the SDK's own README: what stands between `// guide:NAME` and `// guide:end` is shown there (`npm run
 * docs`), and test/e2e/sdkLife.test.ts runs all of it, in this order, on a network.
 */
// guide:imports
import {
  createPersonaClient,
  decodeGrantPackage,
  encodeGrantPackage,
  isPersonaError,
  verifyReceiptOffline,
} from "@persona-protocol/sdk";
import { createDappClient } from "@persona-protocol/sdk/dapp";
import { AllowanceMissingError, GrantExhaustedError, SignatureRejectedError } from "@persona-protocol/sdk/errors";
import { fromEthers } from "@persona-protocol/sdk/ethers";
import { anyExport } from "@persona-protocol/sdk/sources";
import { generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { parseEther } from "viem";
// guide:end

import type { BlobStore, Deployment } from "@persona-protocol/sdk";
import type { Signer } from "ethers";
import type { Account, Address, Chain, Transport } from "viem";
import { engagement as program } from "./engagement.ts";

/** What a page or script has of its own. */
export type Given = {
  readonly chain: Chain;
  readonly transport: Transport;
  readonly account: Account | Address;
  readonly app: Account | Address;
  readonly signer: Signer;
  readonly deployment: Deployment;
  readonly storage: BlobStore;
  readonly token: Address;
  readonly file: Blob;
  readonly say: (text: string) => void;
};

export async function guide(given: Given): Promise<void> {
  const { chain, transport, account, app, signer, deployment, storage, token, file, say } = given;

  // guide:client
  const keys = await ownerKemKeyPair(generateOwnerRootKey()); // keep the root key: sealKeystore, makeRecoveryKit
  const persona = createPersonaClient({ chain, transport, account, deployment, storage, token, keys });
  // guide:end

  // guide:dapp
  const dapp = createDappClient({ chain, transport, account: app, deployment, storage, token });
  // guide:end

  // guide:ethers
  const withEthers = createPersonaClient({ client: await fromEthers(signer), deployment, storage, token, keys });
  // guide:end
  say(String((await withEthers.datasetsOf()).length));

  // guide:import
  const dataset = await persona.importDataset({
    source: anyExport(file), // of <input type="file">, or Node's openAsBlob(path)
    onProgress: ({ step, done, total }) => say(`${step} ${done}/${total}`),
  });
  // guide:end

  // guide:ask
  const asked = await dapp.requestAccess({
    program,
    segments: ["posts"],
    why: "We reward good posts.",
    uses: 3,
    expiresIn: "30d",
  });
  // guide:end

  // guide:grant
  const { request, text } = await persona.readAccessRequest(asked); // whoever shows `text` shows it harmlessly
  say(text);
  const bytes = encodeGrantPackage(await persona.signGrant({ request, dataset })); // one signature, no gas
  // guide:end

  // guide:run
  const granted = decodeGrantPackage(bytes);
  const job = await dapp.submitJob({ program, grants: [granted], args: { threshold: 100 }, maxFee: parseEther("3") });
  const { rows, receipt } = await job.result({ signal: AbortSignal.timeout(90_000) });
  say(`score ${rows[0]?.score}, job ${receipt.jobId}`);
  // guide:end

  // guide:receipt
  const proof = await persona.receiptProof(receipt.jobId); // to keep, or to hand to who was not there
  const { checked } = await verifyReceiptOffline(proof, { deployment, signers: [proof.signer] });
  const { text: tree } = await persona.provenance(job); // inputs → program → node → result
  // guide:end
  say([...checked, tree].join("\n"));

  // guide:batch
  const first = await persona.buildGrant({
    to: addressOf(app),
    dataset,
    segments: ["posts"],
    program,
    uses: 1,
    expiresIn: "1d",
  });
  const second = await persona.buildGrant({
    to: addressOf(app),
    dataset,
    segments: ["likes"],
    program,
    uses: 1,
    expiresIn: "1d",
  });
  await persona.sendCalls([...first.calls, ...second.calls]); // one batch where the wallet takes them (EIP-5792)
  // guide:end

  // guide:watch
  const stop = persona.watchGrants({
    where: { owner: addressOf(account) },
    onEvents: (events) => say(events.map(({ eventName }) => eventName).join(", ")),
    onError: ({ message }) => say(message),
  });
  // guide:end
  stop();

  // guide:errors
  try {
    await dapp.simulateSubmitJob({ program, grants: [granted], args: { threshold: 100 }, maxFee: parseEther("3") });
  } catch (error) {
    if (error instanceof GrantExhaustedError) say("ask again");
    else if (error instanceof SignatureRejectedError) say("as you like");
    else if (error instanceof AllowanceMissingError) say("approve the market first");
    else if (isPersonaError(error)) say(error.message);
    else throw error;
  }
  // guide:end

  // guide:end-of-it
  await persona.revoke(granted);
  await persona.revokeAllAndWait();
  // guide:end
}

const addressOf = (account: Account | Address): Address => (typeof account === "string" ? account : account.address);
