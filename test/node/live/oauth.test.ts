import { openDelivery } from "@persona-protocol/sdk/ingest/live";
import { expect } from "chai";
import { startAuthorizationServer, type TestAuthorizationServer } from "../../helpers/oauth/authorizationServer.ts";
import { expectError } from "../../sdk/ingest/expectError.ts";
import {
  consentTo,
  newPerson,
  type Person,
  scopes,
  sealFor,
  server,
  startTestIngest,
  type TestIngest,
} from "./ingestHelpers.ts";

describe("OAuth in the ingest enclave, against a real authorization server", function () {
  // Servers and enclaves are processes.
  this.timeout(120_000);
  let service: TestAuthorizationServer;
  let ingest: TestIngest;
  let person: Person;

  before(async () => {
    service = await startAuthorizationServer();
    ingest = await startTestIngest(service);
    person = await newPerson();
  });

  after(async () => {
    await ingest?.stop();
    await service?.stop();
  });

  it("default: consent, a sealed code, a fetch that its recipient opens, and a statement of where it comes from", async () => {
    const sealed = await sealFor(ingest, person, await consentTo(service));
    const session = await ingest.authorize(sealed);
    expect(session).to.include({ source: "github", authorization: sealed.id, renewable: true, device: null });
    expect(session.missing).to.deep.equal([]);
    const run = await ingest.run({ box: session.box, cursor: null });
    expect(run.stopped).to.equal(null);
    if (run.origin === null) throw new Error("no statement");
    const delivery = await openDelivery({ privateKey: person.keys.privateKey, origin: run.origin, boxes: run.boxes });
    expect(delivery.connector).to.equal("github-export");
    expect(
      delivery.parts.filter(({ records }) => records > 0).map(({ name, records }) => [name, records]),
    ).to.deep.equal([
      ["repositories", 1],
      ["issues", 1],
    ]);
    const { origin } = delivery;
    expect(origin).to.include({
      source: "github",
      authorization: sealed.id,
      signer: ingest.enclave.signer,
      rootsDigest: ingest.enclave.rootsDigest,
      measurement: ingest.enclave.measurement,
    });
    expect(origin.hosts.map(({ host }) => host)).to.deep.equal(["api.github.com"]);
    expect(origin.hosts[0]?.requests.map(({ shape }) => shape)).to.include(
      "GET /repos/{owner}/{repo}/issues?direction&per_page&sort&state",
    );
    // Only its recipient opens it, and only with its own statement.
    const other = await newPerson();
    await expectError("SEALED_BOX_INVALID", () =>
      openDelivery({
        privateKey: other.keys.privateKey,
        origin: run.origin ?? { statement: new Uint8Array(), signature: "0x" },
        boxes: run.boxes,
      }),
    );
    // Again from the cursor: nothing is new.
    const again = await ingest.run({ box: run.session.box, cursor: run.cursor });
    expect(again.stopped).to.equal(null);
  });

  it("behavior: scopes that the person has refused are named, and the source says what it cannot read", async () => {
    const session = await ingest.authorize(await sealFor(ingest, person, await consentTo(service, "read:user")));
    expect(session.missing).to.deep.equal(["repo"]);
  });

  it("error: consent refused, a code used twice, another state, another verifier", async () => {
    const denied = await consentTo(service, "deny");
    const refused = await expectError("SOURCE_AUTH_INVALID", async () =>
      ingest.authorize(await sealFor(ingest, person, denied)),
    );
    expect(refused.data).to.include({ rule: "access_denied", step: "callback" });

    const grant = await consentTo(service);
    for (const [wrong, step] of [
      [{ ...grant, state: "x".repeat(43) }, "callback"],
      [{ ...grant, callback: grant.callback.replace(/iss=[^&]+/, "iss=https%3A%2F%2Fevil.example") }, "callback"],
      [{ ...grant, verifier: "A".repeat(43) }, "code"],
    ] as const) {
      const error = await expectError("SOURCE_AUTH_INVALID", async () =>
        ingest.authorize(await sealFor(ingest, person, wrong)),
      );
      expect(error.data["step"]).to.equal(step);
    }
    const once = await consentTo(service);
    await ingest.authorize(await sealFor(ingest, person, once));
    const twice = await expectError("SOURCE_AUTH_INVALID", async () =>
      ingest.authorize(await sealFor(ingest, person, once)),
    );
    expect(twice.data).to.include({ rule: "invalid_grant", step: "code" });
  });

  it("behavior: refresh tokens rotate, and the host has written the new box down before it is used", async () => {
    const session = await ingest.authorize(await sealFor(ingest, person, await consentTo(service)));
    const before = ingest.kept.get(session.session)?.generation ?? 0;
    const renewed = await ingest.renew(session.box, 31_536_000);
    expect(ingest.kept.get(session.session)?.generation).to.equal(before + 1);
    const run = await ingest.run({ box: renewed.box, cursor: null });
    expect(run.stopped).to.equal(null);
    // The older box again, to the same enclave: it holds a token that was exchanged.
    await expectError("SOURCE_UNKNOWN", () => ingest.renew(session.box, 31_536_000));
  });

  it("behavior: ten renewals at once are one", async () => {
    const session = await ingest.authorize(await sealFor(ingest, person, await consentTo(service)));
    const before = ingest.kept.get(session.session)?.generation ?? 0;
    const all = await Promise.all(Array.from({ length: 10 }, () => ingest.renew(session.box, 31_536_000)));
    expect(ingest.kept.get(session.session)?.generation).to.equal(before + 1);
    expect(new Set(all.map(({ expiresAt }) => expiresAt)).size).to.equal(1);
  });

  it("error: a host that brings an older box to a new enclave replays a refresh token: the server ends the consent", async () => {
    const session = await ingest.authorize(await sealFor(ingest, person, await consentTo(service)));
    const renewed = await ingest.renew(session.box, 31_536_000);
    const other = await startTestIngest(service);
    try {
      await expectError("SOURCE_CONSENT_ENDED", () => other.renew(session.box, 31_536_000));
    } finally {
      await other.stop();
    }
    // The newer one of the same family is void, too: whoever has stolen either has nothing.
    await expectError("SOURCE_CONSENT_ENDED", () => ingest.renew(renewed.box, 31_536_000));
    await expectError("SOURCE_CONSENT_ENDED", () => ingest.run({ box: renewed.box, cursor: null }));
  });

  it("behavior: withdrawn consent ends at the service", async () => {
    const session = await ingest.authorize(await sealFor(ingest, person, await consentTo(service)));
    await ingest.withdraw(session.box);
    await expectError("SOURCE_UNKNOWN", () => ingest.run({ box: session.box, cursor: null }));
    const other = await startTestIngest(service);
    try {
      await expectError("SOURCE_CONSENT_ENDED", () => other.run({ box: session.box, cursor: null }));
    } finally {
      await other.stop();
    }
  });

  it("default: a device code, confirmed elsewhere", async () => {
    const session = await ingest.authorize(await sealFor(ingest, person, { kind: "device" }));
    expect(session.device?.userCode).to.match(/^[A-Z0-9-]{6,12}$/);
    const pending = await expectError("SOURCE_AUTH_PENDING", () => ingest.confirm(session.box));
    expect(pending.data).to.include({ rule: "authorization_pending" });
    await expectError("SOURCE_AUTH_PENDING", () => ingest.run({ box: session.box, cursor: null }));
    await service.browse(session.device?.verificationUriComplete ?? "");
    const confirmed = await ingest.confirm(session.box);
    expect(confirmed).to.include({ device: null, renewable: true });
    expect((await ingest.run({ box: confirmed.box, cursor: null })).stopped).to.equal(null);
  });

  it("error: an authorization that was sealed for other roots, for another enclave, or is none", async () => {
    const grant = await consentTo(service);
    const withRoots = { enclave: { ...ingest.enclave, rootsDigest: `0x${"11".repeat(32)}` as const } };
    await expectError("SEALED_BOX_INVALID", async () => ingest.authorize(await sealFor(withRoots, person, grant)));
    const withCode = { enclave: { ...ingest.enclave, measurement: `0x${"11".repeat(32)}` as const } };
    await expectError("SEALED_BOX_INVALID", async () => ingest.authorize(await sealFor(withCode, person, grant)));
    const usual = await startTestIngest(service, { roots: [] });
    try {
      await expectError("SEALED_BOX_INVALID", async () => usual.authorize(await sealFor(ingest, person, grant)));
      // Without the test's root nothing is sent to the test's server.
      const error = await expectError("SOURCE_CERTIFICATE_INVALID", async () =>
        usual.authorize(await sealFor(usual, person, grant)),
      );
      expect(error.data["host"]).to.equal("github.com");
    } finally {
      await usual.stop();
    }
    await expectError("SOURCE_UNKNOWN", () => ingest.run({ box: new Uint8Array(200), cursor: null }));
    const evil = {
      source: "github",
      server: { issuer: "https://evil.example", token_endpoint: "https://evil.example/token" },
    };
    await expectError("SOURCE_AUTH_INVALID", async () => ingest.authorize(await sealFor(ingest, person, grant, evil)));
    expect(scopes).to.have.length(2);
  });
});

describe("OAuth in the ingest enclave: short lives, clocks, bound tokens", function () {
  // Servers and enclaves are processes.
  this.timeout(120_000);
  for (const [what, settings] of [
    ["an access token that ends between two requests is renewed", { accessSeconds: 1 }],
    ["tokens are bound to a key of the enclave's (DPoP)", { dpop: true }],
    ["the server's nonces are followed", { dpop: true, dpopNonce: true }],
    ["proofs are of the server's time, which is a day ahead", { dpop: true, skewSeconds: 86_400 }],
    ["a server whose clock is a day behind", { skewSeconds: -86_400 }],
  ] as const) {
    it(`behavior: ${what}`, async () => {
      const service = await startAuthorizationServer(settings);
      const ingest = await startTestIngest(service);
      const person = await newPerson();
      try {
        const isBound = "dpop" in settings;
        const bound = isBound ? { dpop_signing_alg_values_supported: ["ES256"] } : {};
        const sealed = await sealFor(ingest, person, await consentTo(service), { server: { ...server, ...bound } });
        const session = await ingest.authorize(sealed);
        const run = await ingest.run({ box: session.box, cursor: null });
        expect(run.stopped).to.equal(null);
        const schemes = new Set((await service.log()).map(({ scheme }) => scheme));
        expect([...schemes]).to.deep.equal([isBound ? "DPoP" : "Bearer"]);
        const renewals = (ingest.kept.get(session.session)?.generation ?? 0) - 2;
        expect(renewals).to.be.at.least("accessSeconds" in settings ? 1 : 0);
      } finally {
        await ingest.stop();
        await service.stop();
      }
    });
  }

  it("error: a code that has expired", async () => {
    const service = await startAuthorizationServer({ codeSeconds: 1 });
    const ingest = await startTestIngest(service);
    try {
      const person = await newPerson();
      const grant = await consentTo(service);
      const until = Date.now() + 1_500;
      while (Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
      const error = await expectError("SOURCE_AUTH_INVALID", async () =>
        ingest.authorize(await sealFor(ingest, person, grant)),
      );
      expect(error.data).to.include({ rule: "invalid_grant" });
    } finally {
      await ingest.stop();
      await service.stop();
    }
  });
});
