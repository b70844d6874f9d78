import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { detectIsolation } from "../../../node/src/enclave/runtime/isolation.ts";
import { type EnclaveProcess, forwardToEnclave, startEnclave } from "../../../node/src/enclave/startEnclave.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment } from "../../helpers/structs.ts";

const forwarder = fileURLToPath(new URL("../../../node/enclave/vsock.pl", import.meta.url));
/** The machine itself, where the kernel has the module vsock_loopback. */
const LOOPBACK_CID = 1;
const PORT = 20_000 + (process.pid % 20_000);

/** Does a connection of this machine to itself come through? */
function hasLoopback(): boolean {
  const script = `use Socket; my $at = pack('SSLlx4', 40, 0, ${PORT}, ${LOOPBACK_CID});
    socket(my $l, 40, SOCK_STREAM, 0) && bind($l, pack('SSLlx4', 40, 0, ${PORT}, -1)) && listen($l, 1) or exit 1;
    alarm 1; socket(my $c, 40, SOCK_STREAM, 0) && connect($c, $at) or exit 1; exit 0`;
  return spawnSync("/usr/bin/perl", ["-e", script], { stdio: "ignore" }).status === 0;
}

async function thereIs(path: string): Promise<void> {
  for (let tries = 0; !existsSync(path); tries++) {
    if (tries > 500) throw new Error(`nobody listens at ${path}`);
    await sleep(20);
  }
}

describe("an enclave behind a forwarder", function () {
  this.timeout(30_000);
  const deployment = { ...randomDeployment(createRandom(testSeed())), chainId: 31_337, fromBlock: "0" };
  let folder: string;
  let enclave: EnclaveProcess;
  const listening: ChildProcess[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-vsock-"));
    const socket = join(folder, "enclave.sock");
    enclave = startEnclave({ role: "worker", isolation: detectIsolation(), socket, methods: {}, log: () => {} });
    await thereIs(socket);
  });
  after(async () => {
    for (const child of listening) child.kill();
    await enclave?.stop();
    await rm(folder, { recursive: true });
  });
  const listen = (address: string) => {
    const target = `unix:${join(folder, "enclave.sock")}`;
    listening.push(spawn("/usr/bin/perl", [forwarder, "listen", address, target], { stdio: "ignore", env: {} }));
  };
  const keysThrough = async (address: string) => {
    const host = await forwardToEnclave(address, {});
    try {
      return (await host.call("start", { deployment }, { timeoutMs: 10_000 })) as { signer: string };
    } finally {
      await host.stop();
    }
  };

  it("behavior: hosts come and go through it, and find the same keys; large frames pass, too", async () => {
    const path = join(folder, "door.sock");
    listen(`unix:${path}`);
    await thereIs(path);
    const { signer } = await keysThrough(`unix:${path}`);
    expect(await keysThrough(`unix:${path}`)).to.include({ signer });
    const host = await forwardToEnclave(`unix:${path}`, {});
    // More than any buffer on the way holds: refused by the enclave, hence read by it to the end.
    const params = { deployment, stranger: new Uint8Array(8_000_000) };
    // What makes no sense is answered, so it was read to its end.
    await expectError("INTERNAL", () => host.call("start", params, { timeoutMs: 25_000 }));
    await host.stop();
    expect(await keysThrough(`unix:${path}`)).to.include({ signer });
  });

  it("error: ENCLAVE_FAILED where nobody listens, and a reason", async () => {
    const host = await forwardToEnclave(`unix:${join(folder, "nobody.sock")}`, {});
    await expectError("ENCLAVE_FAILED", () => host.call("start", { deployment }, { timeoutMs: 10_000 }));
    expect(await host.ended).to.include("connect: ");
    const wrong = await forwardToEnclave("vsock:host:5000", {});
    expect(await wrong.ended).to.include("no address");
  });

  const overVsock = async () => {
    listen(`vsock:-1:${PORT}`);
    await sleep(500);
    const { signer } = await keysThrough(`vsock:${LOOPBACK_CID}:${PORT}`);
    expect(await keysThrough(`vsock:${LOOPBACK_CID}:${PORT}`)).to.include({ signer });
  };
  if (hasLoopback()) it("behavior: over vsock, from this machine to itself", overVsock);
  else
    it.skip(
      "behavior: over vsock (skipped: this machine's kernel connects no vsock to itself, vsock_loopback is missing)",
      overVsock,
    );
});
