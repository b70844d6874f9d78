import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeHeapSnapshot } from "node:v8";
import { expect } from "chai";
import { bytesToHex, hexToBytes } from "viem";
import { startAuthorizationServer, type TestAuthorizationServer } from "../../helpers/oauth/authorizationServer.ts";
import { startTestIngest } from "./ingestHelpers.ts";

const person = fileURLToPath(new URL("../../helpers/oauth/personMain.ts", import.meta.url));

describe("the ingest enclave's host", () => {
  let service: TestAuthorizationServer;
  let folder: string;

  before(async () => {
    service = await startAuthorizationServer({ accessSeconds: 1 });
    folder = await mkdtemp(join(tmpdir(), "persona-secrets-"));
  });
  after(async () => {
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("behavior: no code, verifier or token, and nothing that was fetched, is anywhere in it: wire, messages, files, log, memory", async function () {
    // A snapshot of this process's memory is a hundred megabytes.
    this.timeout(120_000);
    // Everything that the relay carries, as anybody on the way sees it.
    const wire: Buffer[] = [];
    const tap = createServer((from) => {
      const to = connect(service.port, "127.0.0.1");
      for (const [one, other] of [
        [from, to],
        [to, from],
      ] as const) {
        one.on("data", (bytes) => {
          wire.push(bytes);
          other.write(bytes);
        });
        one.on("error", () => {});
        one.on("close", () => other.destroy());
      }
    });
    tap.listen(0, "127.0.0.1");
    await once(tap, "listening");
    const { port } = tap.address() as AddressInfo;
    const messages: unknown[] = [];
    const ingest = await startTestIngest(service, {
      route: () => ({ host: "127.0.0.1", port }),
      async keep(session, generation, box) {
        messages.push({ session, generation });
        await writeFile(join(folder, `${session}.${generation}`), box);
      },
    });
    try {
      const { kemKey, ...facts } = ingest.enclave;
      const enclave = JSON.stringify({ ...facts, kemKey: bytesToHex(kemKey) });
      // The person's device is another process: what it knows is not in this one.
      const sealed = execFileSync(
        process.execPath,
        ["--no-warnings", person, String(service.port), service.authority.root, enclave],
        { encoding: "utf8" },
      );
      const { enc, ct } = JSON.parse(sealed) as { readonly enc: `0x${string}`; readonly ct: `0x${string}` };
      const session = await ingest.authorize({ enc: hexToBytes(enc), ct: hexToBytes(ct) });
      messages.push(session);
      const renewed = await ingest.renew(session.box, 31_536_000);
      const run = await ingest.run({ box: renewed.box, cursor: null });
      messages.push(renewed, run);
      await writeFile(join(folder, "cursor"), run.cursor ?? new Uint8Array());
      for (const [place, box] of run.boxes.entries()) await writeFile(join(folder, `box${place}`), box);
      await writeFile(
        join(folder, "messages.json"),
        JSON.stringify(messages, (_, value: unknown) =>
          value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
        ),
      );
      await writeFile(join(folder, "wire"), Buffer.concat(wire));
      await writeFile(join(folder, "log"), ingest.lines.join("\n"));
      for (const part of ["environ", "cmdline"])
        await writeFile(join(folder, part), await readFile(`/proc/${ingest.pid}/${part}`));
      writeHeapSnapshot(join(folder, "memory.heapsnapshot"));

      // Asked for last: from here on this process knows them.
      const secrets = await service.secrets();
      expect(secrets.length).to.be.at.least(7);
      const places = readdirSync(folder);
      expect(places).to.include.members([
        "wire",
        "messages.json",
        "memory.heapsnapshot",
        "cursor",
        "box0",
        "log",
        "environ",
      ]);
      const looked = new Map(places.map((place) => [place, readFileSync(join(folder, place))]));
      for (const secret of secrets) {
        for (const form of formsOf(secret)) {
          for (const [place, bytes] of looked)
            expect(bytes.includes(form), `${secret.slice(0, 4)}… in ${place}`).to.equal(false);
        }
      }
      // The search finds what is there.
      const memory = looked.get("memory.heapsnapshot") ?? Buffer.alloc(0);
      expect(memory.includes(session.session)).to.equal(true);
      expect(looked.get("messages.json")?.includes(session.session)).to.equal(true);
      expect(looked.get("wire")?.length).to.be.greaterThan(10_000);
    } finally {
      await ingest.stop();
      tap.close();
    }
  });
});

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString("hex"),
    bytes.toString("base64").replace(/=+$/, ""),
    encodeURIComponent(secret),
    [...secret].reverse().join(""),
  ];
}
