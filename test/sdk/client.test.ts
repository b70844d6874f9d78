import {
  type ChainClient,
  createPersonaClient,
  type Deployment,
  type GrantPackage,
  type PersonaActions,
  type PersonaClient,
  personaActions,
  type Receipt,
  type ResultRow,
} from "@persona-protocol/sdk";
import { publishDataset } from "@persona-protocol/sdk/access";
import { deployments } from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair } from "@persona-protocol/sdk/crypto";
import { type BlobStore, createBlobStore } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { createWalletClient, http, publicActions } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { hardhat, mainnet } from "viem/chains";
import { expectError } from "../helpers/errors.ts";
import { createMemoryMedium } from "../helpers/memoryMedium.ts";

const zero = "0x0000000000000000000000000000000000000000";
const deployment: Deployment = {
  chainId: hardhat.id,
  datasetRegistry: zero,
  grantRegistry: zero,
  nodeRegistry: zero,
  measurementPolicy: zero,
  jobMarket: zero,
  appRegistry: zero,
  ownerKeys: zero,
  fromBlock: 0n,
};
const store: BlobStore = createBlobStore(createMemoryMedium());
const account = privateKeyToAccount(generatePrivateKey());
const transport = http("http://127.0.0.1:9", { retryCount: 0 });
const viemClient = createWalletClient({ account, chain: hardhat, transport }).extend(publicActions);

/** Each has its waiting twin, its builder and its simulation. */
const writes = [
  "acceptDataset",
  "cancelJob",
  "concludeErasure",
  "eraseDataset",
  "grant",
  "offerDataset",
  "registerApp",
  "restoreDataset",
  "revoke",
  "revokeAll",
  "submitJob",
  "timeOutJob",
  "withdraw",
];
const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
const names = [
  ...writes.flatMap((name) => [name, `${name}AndWait`, `build${capital(name)}`, `simulate${capital(name)}`]),
  ...[
    "buildJob",
    "datasetsOf",
    "grantsOf",
    "importDataset",
    "provenance",
    "publishDataset",
    "readAccessRequest",
    "readResult",
    "receiptProof",
  ],
  ...["requestAccess", "sendCalls", "signGrant", "verifyReceipt", "waitForJob"],
  ...["watchApps", "watchDatasets", "watchGrants", "watchJobs", "watchNodes", "watchOwnerKeys"],
];

describe("createPersonaClient", () => {
  it("default: one object with every action, bound", async () => {
    const persona = createPersonaClient({ client: viemClient, deployment, store });
    expect(Object.keys(persona).toSorted()).to.deep.equal(
      [...names, "client", "deployment", "nodes", "store"].toSorted(),
    );
    // Bound to this client: what comes back is this endpoint's failure, from this account.
    const { revokeAll } = persona;
    await expectError("CHAIN_UNREACHABLE", () => revokeAll());
  });

  it("default: over chain, transport and account; the deployment is the chain's", async () => {
    const persona = createPersonaClient({ chain: hardhat, transport, account });
    expect(persona.deployment.jobMarket).to.equal(deployments[31_337].jobMarket);
    expect(persona.client.account.address).to.equal(account.address);
    await expectError("CHAIN_UNREACHABLE", () => persona.revokeAll());
  });

  it("error: what was not said, and has no safe default, is asked for by who needs it", async () => {
    await expectError("DEPLOYMENT_UNKNOWN", () => createPersonaClient({ chain: mainnet, transport, account }));
    const persona = createPersonaClient({ chain: hardhat, transport, account });
    const source = { read: () => Promise.reject(new Error("it was read")) };
    await expectError("CONFIG_INVALID", () => persona.importDataset({ source }));
    await expectError("CONFIG_INVALID", () => persona.store.get("x"));
    const elsewhere = createPersonaClient({
      chain: mainnet,
      transport,
      account,
      deployment: { ...deployment, chainId: 1 },
    });
    const { publicKey: ownerPublicKey } = await generateKemKeyPair();
    // Whom to trust, and in which money, is never guessed on a public chain.
    await expectError("CONFIG_INVALID", () => elsewhere.importDataset({ source, ownerPublicKey }));
  });

  it("error: a client for another chain than the deployment", async () => {
    const elsewhere = createWalletClient({ account, chain: mainnet, transport }).extend(publicActions);
    await expectError("CHAIN_WRONG", () => createPersonaClient({ client: elsewhere, deployment, store }));
    await expectError("CHAIN_WRONG", () => elsewhere.extend(personaActions({ deployment, store })));
  });

  it("type: parameters and results are those of the functions", () => {
    type Same<a, b> = [a, b] extends [b, a] ? true : false;
    const same = <_check extends true>(): void => {};
    same<Same<Parameters<PersonaActions["publishDataset"]>, [publishDataset.Parameters]>>();
    same<Same<Awaited<ReturnType<PersonaActions["publishDataset"]>>, publishDataset.ReturnType>>();
    same<Same<Awaited<ReturnType<PersonaActions["signGrant"]>>, GrantPackage>>();
    same<Same<Parameters<PersonaActions["revokeAll"]>, []>>();
    same<Same<Awaited<ReturnType<PersonaActions["readResult"]>>["receipt"], Receipt>>();
    same<Same<Awaited<ReturnType<PersonaActions["readResult"]>>["rows"], readonly ResultRow[]>>();
    same<Same<PersonaClient["client"], ChainClient>>();
    const wrong = (persona: PersonaClient): unknown => [
      // @ts-expect-error a grant names its dataset, grantee, segments, program and limits
      () => persona.grant({}),
      // @ts-expect-error waiting takes a signal
      () => persona.waitForJob("0x00", {}),
      // @ts-expect-error actions do not take the context again
      () => persona.revokeAll({ deployment }),
    ];
    expect(wrong).to.be.a("function");
    expect(publishDataset).to.be.a("function");
  });
});

describe("personaActions", () => {
  it("default: extends a viem client, which keeps its own actions", async () => {
    const extended = viemClient.extend(personaActions({ deployment, store }));
    expect(names.filter((name) => typeof extended[name as keyof PersonaActions] !== "function")).to.deep.equal([]);
    expect(extended.getBlock).to.be.a("function");
    expect(extended.account.address).to.equal(account.address);
    await expectError("CHAIN_UNREACHABLE", () => extended.revokeAll());
  });
});
