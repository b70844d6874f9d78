import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { createServer as createTlsServer, rootCertificates } from "node:tls";
import { readEvidenceClaims } from "@persona-protocol/sdk/attestation";
import {
  derOfPem,
  encodeOrigin,
  ingestReportData,
  type OriginStatement,
  originDigest,
  readOrigin,
  rootsDigestOf,
  trustedRoots,
} from "@persona-protocol/sdk/ingest/live";
import { expect } from "chai";
import { bytesToHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createRootStore, openTls } from "../../../node/src/enclave/ingest/net/tlsConnection.ts";
import { isKnownService, startIngest } from "../../../node/src/enclave/ingestHost.ts";
import { createIngestRelay, isOwnNetwork } from "../../../node/src/enclave/ingestRelay.ts";
import { createTestAuthority } from "../../helpers/testCertificates.ts";
import { expectError } from "../../sdk/ingest/expectError.ts";

describe("trustedRoots", () => {
  it("default: the roots of the Node that enclaves run on are those that this version names", () => {
    expect(trustedRoots[`node-${process.versions.node}`]).to.equal(rootsDigestOf(rootCertificates.map(derOfPem)));
    expect(createRootStore().digest).to.equal(trustedRoots[`node-${process.versions.node}`]);
  });

  it("behavior: one more root is another digest, in whatever order they are", () => {
    const { root } = createTestAuthority();
    const [first = "", second = ""] = rootCertificates;
    expect(createRootStore([root]).digest).not.to.equal(createRootStore().digest);
    expect(rootsDigestOf([first, second].map(derOfPem))).to.equal(rootsDigestOf([second, first, first].map(derOfPem)));
  });
});

describe("createIngestRelay", () => {
  it("error: names that are not on the list, and names that lead into a network of one's own", async () => {
    const strict = createIngestRelay({ mayDial: isKnownService });
    await expectError("SOURCE_HOST_REFUSED", async () => strict.methods["dial"]?.({ host: "evil.example", port: 443 }));
    await expectError("SOURCE_HOST_REFUSED", async () =>
      strict.methods["dial"]?.({ host: "api.github.com", port: 22 }),
    );
    const open = createIngestRelay({ mayDial: () => true });
    for (const host of ["localhost", "127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "0.0.0.0"]) {
      await expectError("SOURCE_HOST_REFUSED", async () => open.methods["dial"]?.({ host, port: 80 }));
    }
  });

  it("default: which networks are one's own", () => {
    for (const address of [
      "127.0.0.1",
      "10.9.8.7",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "169.254.1.1",
      "100.64.0.1",
      "224.0.0.1",
      "255.255.255.255",
      "::1",
      "::",
      "fe80::1",
      "fd00::1",
      "::ffff:10.0.0.1",
      "::ffff:127.0.0.1",
    ])
      expect(isOwnNetwork(address), address).to.equal(true);
    for (const address of ["1.1.1.1", "140.82.112.3", "172.32.0.1", "192.169.0.1", "2606:4700::1111", "::ffff:1.1.1.1"])
      expect(isOwnNetwork(address), address).to.equal(false);
  });

  it("error: lines that are not there", async () => {
    const relay = createIngestRelay({ mayDial: () => true });
    await expectError("REQUEST_INVALID", async () => relay.methods["send"]?.({ line: 9, bytes: new Uint8Array(1) }));
    await expectError("REQUEST_INVALID", async () => relay.methods["receive"]?.({ line: 9 }));
  });
});

describe("openTls", function () {
  this.timeout(60_000);
  async function offered(names: readonly string[], { days = 30, trusted = true, plain = false } = {}) {
    const authority = createTestAuthority();
    const other = createTestAuthority();
    const server = plain
      ? createServer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"))
      : createTlsServer({ ...(trusted ? authority : other).issue(names, days) }, () => {});
    server.on("tlsClientError", () => {});
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const opened = await openTls(connect({ host: "127.0.0.1", port }), {
        host: "api.github.com",
        roots: createRootStore([authority.root]),
      });
      opened.socket.destroy();
      return opened.certificate;
    } finally {
      server.close();
    }
  }

  it("default: the digest of the certificate that was shown", async () => {
    expect(await offered(["api.github.com"])).to.match(/^0x[0-9a-f]{64}$/);
  });

  it("error: another name, another root, an expired certificate, no TLS", async () => {
    for (const wrong of [() => offered(["evil.example"]), () => offered(["api.github.com"], { trusted: false })]) {
      await expectError("SOURCE_CERTIFICATE_INVALID", wrong);
    }
    await expectError("SOURCE_CERTIFICATE_INVALID", () => offered(["api.github.com"], { days: -1 }));
    await expectError("SOURCE_UNAVAILABLE", () => offered(["api.github.com"], { plain: true }));
  });
});

describe("readOrigin", () => {
  const hash = `0x${"11".repeat(32)}` as const;
  const statement: OriginStatement = {
    v: 1,
    source: "github",
    authorization: hash,
    measurement: hash,
    rootsDigest: hash,
    startedAt: 1,
    endedAt: 2,
    hosts: [
      {
        host: "api.github.com",
        certificates: [hash],
        firstDate: 1,
        lastDate: null,
        requests: [{ shape: "GET /user", count: 1 }],
      },
    ],
    evidence: hash,
    answers: 1,
    segments: [{ name: "issues", digest: hash, records: 0 }],
  };

  it("default: what was stated, and by whom; any change is another signer's", async () => {
    const account = privateKeyToAccount(generatePrivateKey());
    const bytes = encodeOrigin(statement);
    const signature = await account.sign({ hash: originDigest(bytes) });
    expect(await readOrigin({ statement: bytes, signature })).to.deep.equal({ ...statement, signer: account.address });
    const changed = encodeOrigin({ ...statement, source: "reddit" });
    expect((await readOrigin({ statement: changed, signature })).signer).not.to.equal(account.address);
  });

  it("error: no statement, more in it than there is to be, no signature", async () => {
    const bytes = encodeOrigin(statement);
    const cut = bytes.slice(0, -1);
    for (const wrong of [new Uint8Array(), cut, Uint8Array.from([...bytes, 0])])
      await expectError("ORIGIN_INVALID", () => readOrigin({ statement: wrong, signature: `0x${"00".repeat(65)}` }));
    for (const signature of ["0x", `0x${"00".repeat(65)}`, `0x${"ff".repeat(65)}`] as const)
      await expectError("ORIGIN_INVALID", () => readOrigin({ statement: bytes, signature }));
  });
});

describe("startIngest", function () {
  this.timeout(60_000);
  it("default: evidence binds keys and roots", async () => {
    const ingest = await startIngest({ isolation: "none", keep: async () => {}, log: () => {} });
    try {
      const evidence = await ingest.evidence();
      const claims = readEvidenceClaims(evidence);
      expect(bytesToHex(claims.reportData)).to.equal(bytesToHex(ingestReportData(ingest.enclave)));
      expect(claims.measurement).to.equal(ingest.enclave.measurement);
      expect(ingest.enclave.rootsDigest).to.equal(trustedRoots[`node-${process.versions.node}`]);
    } finally {
      await ingest.stop();
    }
    expect(await ingest.ended).to.match(/exit code 0|SIG/);
  });
});
