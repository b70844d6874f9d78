import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type DstackEndpoint, dstackEvidence, findDstack } from "../../../../node/src/enclave/evidence/dstackSocket.ts";
import { expectError } from "../../../helpers/errors.ts";
import { createRandom, testSeed } from "../../../helpers/random.ts";

const random = createRandom(testSeed());
const reportData = random.bytes(64);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function quote(): Uint8Array {
  const bytes = random.bytes(632 + 4 + 4_300);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 4, true);
  view.setUint32(632, 4_300, true);
  bytes.set(reportData, 568);
  return bytes;
}

type Seen = { method: string | undefined; url: string | undefined; body: unknown };

describe("dstackEvidence", () => {
  const folder = mkdtempSync(join(tmpdir(), "persona-dstack-"));
  const open: Server[] = [];
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => {
    for (const server of open.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** An agent on a socket (or a port) that answers what it is told to. */
  async function agent(
    answer: (response: ServerResponse, seen: Seen) => void,
    on: "socket" | "port" = "socket",
  ): Promise<{ address: string; seen: Seen[] }> {
    const seen: Seen[] = [];
    const server = createServer((request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
        const asked = { method: request.method, url: request.url, body };
        seen.push(asked);
        answer(response, asked);
      });
    });
    open.push(server);
    const path = join(folder, `${open.length}-${seen.length}-${random.integer(1e9)}.sock`);
    await new Promise<void>((resolve) => {
      if (on === "socket") server.listen(path, resolve);
      else server.listen(0, "127.0.0.1", resolve);
    });
    return { address: on === "socket" ? path : `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
  }
  const ask = (address: string, api: DstackEndpoint["api"] = "current", timeoutMs = 5_000) =>
    dstackEvidence({ endpoint: { api, address }, timeoutMs }).quote(reportData);
  const json = (value: unknown) => (response: ServerResponse) => response.end(JSON.stringify(value));

  it("default: the quote and the event log of the current agent, asked for by /GetQuote", async () => {
    const made = quote();
    const { address, seen } = await agent(
      json({ quote: hex(made), event_log: "[]", report_data: "", vm_config: "{}" }),
    );
    const { evidence, eventLog } = await ask(address);
    expect(hex(evidence)).to.equal(hex(made));
    expect(eventLog).to.equal("[]");
    expect(seen).to.deep.equal([{ method: "POST", url: "/GetQuote", body: { report_data: hex(reportData) } }]);
  });

  it("default: the older agent is asked for the report data as it is, and may write 0x before its hex", async () => {
    const made = quote();
    const { address, seen } = await agent(json({ quote: `0x${hex(made)}`, event_log: "[]" }));
    expect(hex((await ask(address, "tappd")).evidence)).to.equal(hex(made));
    const body = { report_data: hex(reportData), hash_algorithm: "raw" };
    expect(seen).to.deep.equal([{ method: "POST", url: "/prpc/Tappd.TdxQuote", body }]);
  });

  it("default: dstack's simulator on a port of this machine", async () => {
    const made = quote();
    const { address } = await agent(json({ quote: hex(made) }), "port");
    const { evidence, eventLog } = await ask(address);
    expect(hex(evidence)).to.equal(hex(made));
    expect(eventLog).to.equal(undefined);
  });

  it("behavior: padding of zeros is cut off", async () => {
    const made = quote();
    const { address } = await agent(json({ quote: hex(made) + "00".repeat(70) }));
    expect(hex((await ask(address)).evidence)).to.equal(hex(made));
  });

  const hostile: readonly [string, (response: ServerResponse) => void][] = [
    ["an error of the agent", json({ error: "no TDX here" })],
    ["an error beside a quote", json({ error: "late", quote: hex(quote()) })],
    ["no quote", json({ event_log: "[]" })],
    ["half a byte", json({ quote: hex(quote()).slice(1) })],
    ["what is no hex", json({ quote: "zz" })],
    ["a quote cut off", json({ quote: hex(quote().slice(0, -1)) })],
    ["a quote followed by data", json({ quote: `${hex(quote())}01` })],
    ["a quote of 64 KiB of hex and more", json({ quote: "00".repeat(40_000) })],
    ["a bare list", json([])],
    ["null", json(null)],
    ["no JSON", (response) => response.end("<html>")],
    ["nothing", (response) => response.end()],
    ["status 404", (response) => response.writeHead(404).end("not found")],
    ["a redirect", (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()],
    ["five megabytes", (response) => response.end(Buffer.alloc(5 * 1024 * 1024, 0x20))],
    [
      "half of what it promised",
      (response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("{");
        setTimeout(() => response.destroy(), 20);
      },
    ],
    ["a closed door", (response) => response.destroy()],
  ];
  for (const [name, answer] of hostile) {
    it(`error: an agent that answers ${name}`, async () => {
      const { address } = await agent(answer);
      await expectError("EVIDENCE_UNAVAILABLE", () => ask(address));
    });
  }

  it("error: an agent that does not answer, and one that drips", async () => {
    const silent = await agent(() => {});
    await expectError("EVIDENCE_UNAVAILABLE", () => ask(silent.address, "current", 100));
    const drips = await agent((response) => {
      const timer = setInterval(() => response.write(" "), 10);
      response.on("close", () => clearInterval(timer));
    });
    await expectError("EVIDENCE_UNAVAILABLE", () => ask(drips.address, "current", 150));
  });

  it("error: no socket, another machine, https, report data of another length", async () => {
    await expectError("EVIDENCE_UNAVAILABLE", () => ask(join(folder, "none.sock")));
    for (const address of ["http://10.0.0.1:80", "https://127.0.0.1", "http://localhost.evil.example", "dstack.sock"]) {
      await expectError("CONFIG_INVALID", () => ask(address));
    }
    await expectError("REQUEST_INVALID", () => dstackEvidence().quote(reportData.slice(1)));
  });
});

describe("findDstack", () => {
  const find = (environment: Record<string, string>, ...sockets: string[]) =>
    findDstack(environment, (path) => sockets.includes(path));

  it("default: as dstack's clients look: the simulator, current sockets in their order, then the older agent's", () => {
    const all = ["/var/run/dstack.sock", "/run/dstack.sock", "/var/run/dstack/dstack.sock", "/run/dstack/dstack.sock"];
    for (const [index, address] of all.entries()) {
      expect(find({}, ...all.slice(index), "/var/run/tappd.sock")).to.deep.equal({ api: "current", address });
    }
    const older = all.map((path) => path.replace("dstack.sock", "tappd.sock"));
    for (const [index, address] of older.entries()) {
      expect(find({}, ...older.slice(index))).to.deep.equal({ api: "tappd", address });
    }
    const named = { DSTACK_SIMULATOR_ENDPOINT: "http://127.0.0.1:8090" };
    expect(find(named, ...all)).to.deep.equal({ api: "current", address: "http://127.0.0.1:8090" });
    expect(find({ DSTACK_SIMULATOR_ENDPOINT: "" }, ...all).address).to.equal(all[0]);
    expect(find({ TAPPD_SIMULATOR_ENDPOINT: "/x.sock" }, ...older)).to.deep.equal({ api: "tappd", address: "/x.sock" });
  });

  it("error: nothing there", async () => {
    await expectError("EVIDENCE_UNAVAILABLE", () => find({}));
  });
});
