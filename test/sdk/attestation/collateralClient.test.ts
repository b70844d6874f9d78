import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type CollateralClientParameters,
  createCollateralClient,
  type DcapCollateral,
  verifyQuote,
} from "@persona-protocol/sdk/attestation";
import { simulatedKey } from "@persona-protocol/sdk/attestation/simulator";
import { expect } from "chai";
import { issuedAt, judgedAt, parametersOf, resigned, seed, simulator } from "../../helpers/attestationScene.ts";
import { vectorBytes, vectorText, withVectors } from "../../helpers/attestationVectors.ts";
import { expectError } from "../../helpers/errors.ts";

const sim = simulator();
const quote = sim.tdxQuote({});
const collateral = sim.collateral({ tee: "tdx", issuedAt });

type Answer = (request: IncomingMessage, response: ServerResponse, usual: () => void) => void;

/** A service that answers as Intel's does, from recorded collateral, unless a test has it do otherwise. */
class Service {
  readonly asked: string[] = [];
  recorded: DcapCollateral = collateral;
  hexLists = false;
  answer: Answer = (_request, _response, usual) => usual();
  readonly #server: Server = createServer((request, response) => {
    this.asked.push(request.url ?? "");
    this.answer(request, response, () => this.#usual(request.url ?? "", response));
  });

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #usual(url: string, response: ServerResponse): void {
    const { recorded } = this;
    const signed = (name: string, text: string, signature: Uint8Array): string =>
      `{"${name}":${text},"signature":"${Buffer.from(signature).toString("hex")}"}`;
    const list = (der: Uint8Array): Buffer | string =>
      this.hexLists ? Buffer.from(der).toString("hex") : Buffer.from(der);
    const [path] = url.split("?");
    if (path?.endsWith("/tcb")) {
      response.setHeader("TCB-Info-Issuer-Chain", encodeURIComponent(recorded.tcbInfoIssuerChain));
      response.end(signed("tcbInfo", recorded.tcbInfo, recorded.tcbInfoSignature));
    } else if (path?.endsWith("/qe/identity")) {
      response.setHeader("SGX-Enclave-Identity-Issuer-Chain", encodeURIComponent(recorded.qeIdentityIssuerChain));
      response.end(signed("enclaveIdentity", recorded.qeIdentity, recorded.qeIdentitySignature));
    } else if (path?.endsWith("/pckcrl")) response.end(list(recorded.pckCrl));
    else if (path?.endsWith("/rootcacrl")) response.end(list(recorded.rootCaCrl));
    else response.writeHead(404).end();
  }
}

describe("createCollateralClient", () => {
  let service: Service;
  let now = judgedAt;

  beforeEach(async () => {
    now = judgedAt;
    service = new Service();
    await service.open();
  });
  afterEach(() => service.close());

  const client = (changes: Partial<CollateralClientParameters> = {}) =>
    createCollateralClient({
      baseUrl: service.baseUrl,
      rootCrlUrl: `${service.baseUrl}/sgx/certification/v4/rootcacrl`,
      rootFingerprint: sim.pki.rootFingerprint,
      now: () => now,
      timeoutMs: 2_000,
      ...changes,
    });

  it("default: fetches by Intel's paths what a quote is accepted with, once", async () => {
    const fetching = client();
    const found = await fetching.collateralFor(quote);
    expect(found).to.deep.equal(collateral);
    expect(await verifyQuote(parametersOf(sim, { quote, collateral: found }))).to.include({ verdict: "accept" });
    expect([...service.asked].sort()).to.deep.equal([
      "/sgx/certification/v4/pckcrl?ca=platform&encoding=der",
      "/sgx/certification/v4/rootcacrl",
      "/tdx/certification/v4/qe/identity",
      "/tdx/certification/v4/tcb?fmspc=00de7e570000",
    ]);
    await fetching.collateralFor(quote);
    expect(service.asked).to.have.length(4);
  });

  it("behavior: two at a time ask once; another CA and SGX ask for their own", async () => {
    const fetching = client();
    await Promise.all([fetching.collateralFor(quote), fetching.collateralFor(quote)]);
    expect(service.asked).to.have.length(4);
    const other = simulator({ differs: { ca: "processor" } });
    service.recorded = other.collateral({ tee: "sgx", issuedAt });
    await fetching.collateralFor(other.sgxQuote({}));
    expect(service.asked.slice(4)).to.include("/sgx/certification/v4/tcb?fmspc=00de7e570000");
    expect(service.asked.slice(4)).to.include("/sgx/certification/v4/pckcrl?ca=processor&encoding=der");
  });

  it("behavior: revocation lists in hex, as caches send them", async () => {
    service.hexLists = true;
    expect(await client().collateralFor(quote)).to.deep.equal(collateral);
  });

  it("behavior: asks anew after its age, and when the collateral has run out", async () => {
    const fetching = client({ maxAgeSeconds: 100 });
    await fetching.collateralFor(quote);
    now += 99;
    await fetching.collateralFor(quote);
    expect(service.asked).to.have.length(4);
    now += 1;
    const newer = sim.collateral({ tee: "tdx", issuedAt: issuedAt + 60 });
    service.recorded = newer;
    expect(await fetching.collateralFor(quote)).to.deep.equal(newer);
    now = issuedAt + 60 + 30 * 86_400;
    await expectError("COLLATERAL_UNTRUSTED", () => fetching.collateralFor(quote));
  });

  it("behavior: a service that is down or lies takes nothing from what still stands", async () => {
    const fetching = client({ maxAgeSeconds: 100 });
    await fetching.collateralFor(quote);
    now += 200;
    service.answer = (_request, response) => response.writeHead(503).end();
    expect(await fetching.collateralFor(quote)).to.deep.equal(collateral);
    service.answer = (_request, _response, usual) => usual();
    service.recorded = resigned(sim, collateral, "tcbInfo", () => {}, simulatedKey(seed, "stranger"));
    expect(await fetching.collateralFor(quote)).to.deep.equal(collateral);
    now = issuedAt + 30 * 86_400;
    service.answer = (_request, response) => response.writeHead(503).end();
    await expectError("COLLATERAL_UNAVAILABLE", () => fetching.collateralFor(quote));
  });

  const untrusted: Readonly<Record<string, readonly [string, () => DcapCollateral]>> = {
    "another's signature": [
      "tcb-info-signature",
      () => resigned(sim, collateral, "tcbInfo", () => {}, simulatedKey(seed, "stranger")),
    ],
    "another family of platforms": [
      "tcb-info-platform",
      () => resigned(sim, collateral, "tcbInfo", (json) => Object.assign(json, { fmspc: "00DE7E570001" })),
    ],
    "lists that have run out": [
      "root-crl-validity",
      () => sim.collateral({ tee: "tdx", issuedAt, rootCrl: { nextUpdate: judgedAt } }),
    ],
    "no list at all": ["root-crl-format", () => ({ ...collateral, rootCaCrl: new Uint8Array() })],
  };
  for (const [title, [rule, recorded]] of Object.entries(untrusted)) {
    it(`error: ${title}: neither given out nor kept`, async () => {
      const fetching = client();
      service.recorded = recorded();
      expect((await expectError("COLLATERAL_UNTRUSTED", () => fetching.collateralFor(quote))).data["rule"]).to.equal(
        rule,
      );
      service.recorded = collateral;
      expect(await fetching.collateralFor(quote)).to.deep.equal(collateral);
    });
  }

  it("behavior: collateral that revokes the platform is believed; the verdict says so", async () => {
    service.recorded = sim.collateral({ tee: "tdx", issuedAt, pckCrl: { revoked: [sim.pck.serial] } });
    const found = await client().collateralFor(quote);
    const verdict = await verifyQuote(parametersOf(sim, { quote, collateral: found }));
    expect(verdict).to.include({ verdict: "reject", rule: "pck-revoked" });
  });

  const hostile: Readonly<Record<string, Answer>> = {
    "a redirect": (_request, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
    "an error page": (_request, response) => response.writeHead(500).end("<html>"),
    "another content": (request, response, usual) => (request.url?.includes("/tcb") ? response.end("<html>") : usual()),
    "no issuer": (request, response, usual) =>
      request.url?.includes("/tcb") ? response.end(`{"tcbInfo":{},"signature":"${"00".repeat(64)}"}`) : usual(),
    "a header that is not percent-encoded": (request, response, usual) => {
      if (!request.url?.includes("/tcb")) return usual();
      response.setHeader("TCB-Info-Issuer-Chain", "%zz");
      response.end(`{"tcbInfo":{},"signature":"${"00".repeat(64)}"}`);
    },
    "an answer without an end": (_request, response) => {
      const chunk = Buffer.alloc(65_536, 0x20);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", more);
      more();
    },
    "a connection that is cut": (_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("{");
      response.destroy();
    },
  };
  for (const [title, answer] of Object.entries(hostile)) {
    it(`error: ${title}`, async () => {
      service.answer = answer;
      await expectError("COLLATERAL_UNAVAILABLE", () => client().collateralFor(quote));
    });
  }

  it("error: an answer that does not come, or trickles, ends in time", async () => {
    service.answer = () => {};
    await expectError("COLLATERAL_UNAVAILABLE", () => client({ timeoutMs: 50 }).collateralFor(quote));
    service.answer = (_request, response) => {
      const timer = setInterval(() => response.write(" "), 10);
      response.on("close", () => clearInterval(timer));
    };
    await expectError("COLLATERAL_UNAVAILABLE", () => client({ timeoutMs: 100 }).collateralFor(quote));
  });

  it("error: cancelled by the caller", async () => {
    const stop = new AbortController();
    service.answer = () => stop.abort();
    await expectError("CANCELLED", () => client().collateralFor(quote, { signal: stop.signal }));
  });

  it("error: nothing is asked for a quote that does not lead to the pinned root", async () => {
    const fetching = client({ rootFingerprint: `0x${"00".repeat(32)}` });
    const { data } = await expectError("EVIDENCE_UNREADABLE", () => fetching.collateralFor(quote));
    expect(data["rule"]).to.equal("pck-chain-root");
    expect(service.asked).to.deep.equal([]);
  });

  withVectors("phala-dcap-qvl/tdx_quote_collateral.json", "default: real collateral, under Intel's root", async () => {
    const json = JSON.parse(vectorText("phala-dcap-qvl/tdx_quote_collateral.json")) as Record<string, string>;
    const bytes = (name: string): Uint8Array => Uint8Array.from(Buffer.from(json[name] ?? "", "hex"));
    service.recorded = {
      tcbInfo: json["tcb_info"] ?? "",
      tcbInfoSignature: bytes("tcb_info_signature"),
      tcbInfoIssuerChain: json["tcb_info_issuer_chain"] ?? "",
      qeIdentity: json["qe_identity"] ?? "",
      qeIdentitySignature: bytes("qe_identity_signature"),
      qeIdentityIssuerChain: json["qe_identity_issuer_chain"] ?? "",
      rootCaCrl: bytes("root_ca_crl"),
      pckCrl: bytes("pck_crl"),
    };
    now = 1_750_415_547;
    const { rootFingerprint: _, ...parameters } = {
      baseUrl: service.baseUrl,
      rootCrlUrl: `${service.baseUrl}/sgx/certification/v4/rootcacrl`,
      rootFingerprint: undefined,
      now: () => now,
    };
    const real = vectorBytes("phala-dcap-qvl/tdx_quote");
    const found = await createCollateralClient(parameters).collateralFor(real);
    expect(await verifyQuote({ quote: real, collateral: found, now })).to.include({ verdict: "accept" });
  });
});
