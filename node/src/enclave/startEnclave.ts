import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { equalBytes } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { z } from "zod";
import { type EnclaveBundle, enclaveBundle, ingestBundle } from "./bundle/enclaveBundle.ts";
import type { HostEvidence, PlatformEvidence } from "./evidence/HostEvidence.ts";
import { enclaveNamespaces, type Isolation, isolated } from "./runtime/isolation.ts";
import { bundleIndex, bundleMains, ingestMain, readBundle } from "./runtime/measuredBundle.ts";
import { createPeer, type Peer, type PeerMethods } from "./runtime/peer.ts";
import { canSealEnclave, sealedEnclave } from "./runtime/sealedProcess.ts";

export type EnclaveRole = "worker" | "guardian" | "ingest";

export type EnclaveProcess = {
  /** Of what was started: the enclave itself, or what holds it and ends with it. 0 for one that somebody else has started. */
  readonly pid: number;
  readonly call: Peer["call"];
  /** Resolves with a text of how it ended. */
  readonly ended: Promise<string>;
  /** What the platform gave with this evidence: certificates, event log. Of the last that the enclave asked for. */
  companionsOf(evidence: Uint8Array): PlatformEvidence | undefined;
  stop(): Promise<void>;
};

const forwarder = fileURLToPath(new URL("../../enclave/vsock.pl", import.meta.url));

const quoteParams = z.strictObject({
  reportData: z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 64, "not 64 bytes"),
});

type EnclaveOptions = {
  readonly role: EnclaveRole;
  readonly isolation: Isolation;
  /** What is started; otherwise what this repository's sources make. */
  readonly bundle?: EnclaveBundle;
  /** Where the enclave listens instead of at its stdin. */
  readonly socket?: string;
  readonly methods: PeerMethods;
  /** The platform that is asked for evidence; without one the enclave's is simulated. */
  readonly evidence?: HostEvidence | undefined;
  readonly log: (line: string) => void;
};

/**
 * Goes to an enclave that runs elsewhere, behind a Unix socket: in a container or, through a forwarder, in a virtual machine. Its
 * keys outlive this connection.
 * @throws PersonaError ENCLAVE_FAILED when nobody listens there
 */
export async function connectEnclave(
  socket: string,
  methods: PeerMethods,
  platform?: HostEvidence,
): Promise<EnclaveProcess> {
  const connection = connect(socket);
  await once(connection, "connect").catch((cause) => {
    throw new PersonaError("ENCLAVE_FAILED", "No enclave listens at the socket.", { data: { socket }, cause });
  });
  connection.on("error", () => {}); // The peer sees its end.
  const { quoting, companionsOf } = quotesOf(platform);
  const peer = createPeer({ input: connection, output: connection, methods: { ...methods, ...quoting } });
  return {
    pid: 0,
    call: peer.call,
    ended: peer.closed.then(() => "the connection to the enclave has ended"),
    companionsOf,
    async stop() {
      peer.close();
      connection.destroy();
    },
  };
}

/**
 * Goes to an enclave in a virtual machine through `node/enclave/vsock.pl`, as Node speaks no vsock. Otherwise as {@link connectEnclave}.
 *
 * @param address `vsock:CID:PORT`
 * @throws PersonaError ENCLAVE_FAILED by its calls when nobody listens there
 */
export async function forwardToEnclave(
  address: string,
  methods: PeerMethods,
  platform?: HostEvidence,
): Promise<EnclaveProcess> {
  const child = spawn("/usr/bin/perl", [forwarder, "connect", address], { stdio: ["pipe", "pipe", "pipe"], env: {} });
  let why = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    why = (why + text).slice(0, 200);
  });
  child.stdin.on("error", () => {}); // The peer sees its end.
  const { quoting, companionsOf } = quotesOf(platform);
  const peer = createPeer({ input: child.stdout, output: child.stdin, methods: { ...methods, ...quoting } });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", () => resolve(why.trim() || "the connection to the enclave has ended"));
  });
  void ended.then(() => peer.close());
  return {
    pid: 0,
    call: peer.call,
    ended,
    companionsOf,
    async stop() {
      peer.close();
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/**
 * Starts an enclave as a process of its own: empty environment, read access to its bundle only, no writes; where the system allows it, no
 * network, and a root with nothing in it but the bundle and what Node needs to start. It talks to us over stdin and stdout, and what it logs on stderr goes to `log`.
 */
export function startEnclave(options: EnclaveOptions): EnclaveProcess {
  const { role, isolation, methods, evidence: platform, log } = options;
  const { folder } = options.bundle ?? (role === "ingest" ? ingestBundle() : enclaveBundle());
  const main = role === "ingest" ? ingestMain : bundleMains[role];
  // The supervisor compares what its sandboxes will load with what was measured; the others have no file but their own.
  const files = role === "worker" ? Object.keys(readBundle(folder).files) : [main];
  const readable = [bundleIndex, ...files].map((file) => join(folder, file));
  const node = [
    process.execPath,
    "--permission",
    ...readable.map((path) => `--allow-fs-read=${path}`),
    // Only the compute supervisor has children: its sandboxes.
    ...(role === "worker" ? ["--allow-child-process"] : []),
    // V8 starts with a young generation of a megabyte: emptying it was 7 % of a guardian's enclave.
    "--min-semi-space-size=16",
    "--no-warnings",
    join(folder, main),
    isolation,
    platform?.kind ?? "simulated",
    ...(options.socket === undefined ? [] : [options.socket]),
  ];
  // Who listens at a socket needs its folder.
  const isSealed = isolation === "sealed" && options.socket === undefined && canSealEnclave();
  const [command = "", ...args] = isSealed
    ? sealedEnclave({ readable, hasSandboxes: role === "worker" }, node)
    : isolated(isolation, enclaveNamespaces, node);
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: {} });
  if (child.pid === undefined) throw new PersonaError("ENCLAVE_FAILED", "The enclave process did not start.");

  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    for (const line of text.split("\n")) if (line !== "") log(line.slice(0, 2_000));
  });
  const { quoting, companionsOf } = quotesOf(platform);
  const peer = createPeer({ input: child.stdout, output: child.stdin, methods: { ...methods, ...quoting } });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    // Not "exit": why it ended may still be on its way.
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  void ended.then(() => peer.close());

  return {
    pid: child.pid,
    call: peer.call,
    ended,
    companionsOf,
    async stop() {
      // Its door closing is the signal to end, where that is its stdin; a hung one is killed.
      peer.close();
      if (options.socket !== undefined) child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 2_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The host's part in evidence, and what came beside the last. */
function quotesOf(platform: HostEvidence | undefined): {
  readonly quoting: PeerMethods;
  readonly companionsOf: EnclaveProcess["companionsOf"];
} {
  let last: PlatformEvidence | undefined;
  const companionsOf = (evidence: Uint8Array) =>
    last !== undefined && equalBytes(last.evidence, evidence) ? last : undefined;
  if (platform === undefined) return { quoting: {}, companionsOf };
  const quote = async (params: unknown) => {
    last = await platform.quote(quoteParams.parse(params).reportData);
    return last.evidence;
  };
  return { quoting: { quote }, companionsOf };
}
