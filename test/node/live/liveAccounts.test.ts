import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKemKeyPair } from "@persona-protocol/sdk/crypto";
import { liveSources } from "@persona-protocol/sdk/ingest/live";
import type { Provenance } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { createLiveAccounts, type LiveAccounts } from "../../../node/src/enclave/liveAccounts.ts";
import { startAuthorizationServer, type TestAuthorizationServer } from "../../helpers/oauth/authorizationServer.ts";
import { expectError } from "../../sdk/ingest/expectError.ts";
import { consentTo, sealFor, startTestIngest, type TestIngest } from "./ingestHelpers.ts";

describe("createLiveAccounts: what a schedule runs", function () {
  // Each enclave is a process.
  this.timeout(120_000);
  let service: TestAuthorizationServer;
  let ingest: TestIngest;
  let accounts: LiveAccounts;
  let dir: string;
  let level: Provenance = "ingest-enclave";
  const open: LiveAccounts[] = [];

  async function opened(keys: Awaited<ReturnType<typeof generateKemKeyPair>>): Promise<LiveAccounts> {
    const made = await createLiveAccounts({
      dir,
      // It is zeroised after use.
      recipientOf: async () => ({ ...keys, privateKey: keys.privateKey.slice() }),
      level: async () => level,
      start: async (keep) => {
        ingest = await startTestIngest(service, { keep });
        return ingest;
      },
    });
    open.push(made);
    return made;
  }

  before(async () => {
    service = await startAuthorizationServer();
    dir = await mkdtemp(join(tmpdir(), "persona-accounts-"));
  });
  after(async () => {
    for (const each of open) await each.stop();
    await service?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it("default: reads what segments hold now, says where from, goes on after a restart, and renews tokens", async () => {
    const keys = await generateKemKeyPair();
    accounts = await opened(keys);
    await accounts.authorize("kari at github", await sealFor(ingest, { keys }, await consentTo(service)));
    expect(await accounts.tokens.expiry("kari at github")).to.be.greaterThan(Date.now());
    const segments = (liveSources.find(({ id }) => id === "github")?.segments ?? []).map(({ name, schema }, index) => ({
      index,
      name,
      schema: schema.id,
    }));
    const asked: string[] = [];
    const order = (cursor: string | undefined) =>
      ({
        source: { id: "one", kind: "github", account: "kari at github", hosts: ["api.github.com"], cursor },
        segments,
        signal: new AbortController().signal,
        permit: async (host: string) => {
          asked.push(host);
        },
      }) as unknown as Parameters<NonNullable<LiveAccounts["kinds"]["github"]>>[0];
    const first = await accounts.kinds["github"]?.(order(undefined));
    expect(first?.segments.map(({ index, records }) => [index, records])).to.deep.equal([
      [0, 1],
      [1, 1],
    ]);
    expect(asked).to.deep.equal(["api.github.com"]);
    expect(first?.segments[0]).to.include({ provenance: "ingest-enclave" });
    expect(first?.segments[0]?.origin).to.include({ method: "api" });
    expect(first?.segments[0]?.origin?.enclave?.measurement).to.equal(ingest.enclave.measurement);

    // The daemon and its enclave are started again: tokens and parts are where they were.
    await accounts.stop();
    accounts = await opened(keys);
    const renewed = await accounts.tokens.renew("kari at github", new AbortController().signal);
    expect(renewed).to.be.greaterThan(Date.now());
    const second = await accounts.kinds["github"]?.(order(first?.cursor));
    expect(second?.segments).to.deep.equal([]);
    level = "none";
    // Parts that are lost: everything is read again.
    for (const name of await readdir(dir)) if (name.startsWith("parts-")) await rm(join(dir, name));
    const third = await accounts.kinds["github"]?.(order(second?.cursor));
    expect(third?.segments.map(({ provenance }) => provenance)).to.deep.equal(["none", "none"]);
    // A consent for one service is none for another.
    const other = { ...order(undefined), source: { ...order(undefined).source, kind: "discord" } };
    await expectError("SOURCE_AUTH_INVALID", async () => accounts.kinds["discord"]?.(other));
    expect(await accounts.has("kari at github")).to.equal(true);
    expect(await accounts.forget("kari at github")).to.equal(true);
    expect(await accounts.has("kari at github")).to.equal(false);
    expect((await readdir(dir)).filter((name) => !name.startsWith("parts-"))).to.deep.equal([]);
    await expectError("SOURCE_UNKNOWN", async () => accounts.tokens.expiry("somebody else"));
  });
});
