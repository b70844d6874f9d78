import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { BlockList, connect, isIP, type Socket } from "node:net";
import { PersonaError, sourceError } from "@persona-protocol/sdk/errors";
import { z } from "zod";
import type { PeerMethods } from "./runtime/peer.ts";

const dialParams = z.strictObject({ host: z.string().min(1).max(255), port: z.number().int().min(1).max(65_535) });
const lineParams = z.strictObject({ line: z.number().int() });
const sendParams = z.strictObject({ line: z.number().int(), bytes: z.instanceof(Uint8Array) });

const maxLines = 64;
const dialMs = 15_000;
const silenceMs = 300_000;

/** A target as an ingest enclave names it. */
export type RelayTarget = { readonly host: string; readonly port: number };

export type IngestRelay = {
  /** What the enclave may call. */
  readonly methods: PeerMethods;
  /** Bytes carried so far, in both directions. */
  carried(): number;
  close(): void;
};

/**
 * The host's part in an ingest enclave's connections: it dials names of a list and carries bytes, which are TLS. No name leads it into
 * its own network, whatever DNS says.
 *
 * @param mayDial the operator's list
 * @param route another address for a target: for tests, and networks behind a gateway
 * @throws PersonaError by its methods: SOURCE_HOST_REFUSED, SOURCE_UNAVAILABLE
 */
export function createIngestRelay({
  mayDial,
  route,
}: {
  readonly mayDial: (target: RelayTarget) => boolean;
  readonly route?: ((target: RelayTarget) => RelayTarget | undefined) | undefined;
}): IngestRelay {
  const lines = new Map<number, Socket>();
  let nextLine = 1;
  let carried = 0;

  function socketOf(line: number): Socket {
    const socket = lines.get(line);
    if (socket === undefined) throw new PersonaError("REQUEST_INVALID", "There is no such line.");
    return socket;
  }

  const dial = async (params: unknown): Promise<number> => {
    const target = dialParams.parse(params);
    if (!mayDial(target)) {
      throw sourceError("SOURCE_HOST_REFUSED", "The enclave asked for a host that is not on the operator's list.", {
        data: { ...target },
      });
    }
    if (lines.size >= maxLines) throw new PersonaError("LIMIT_EXCEEDED", "The enclave has too many connections.");
    const routed = route?.(target);
    const address = routed ?? { host: await publicAddressOf(target.host), port: target.port };
    const socket = connect({ host: address.host, port: address.port, noDelay: true });
    socket.pause();
    const ended = AbortSignal.timeout(dialMs);
    try {
      await once(socket, "connect", { signal: ended });
    } catch (cause) {
      socket.destroy();
      throw sourceError("SOURCE_UNAVAILABLE", "The service does not take connections.", { data: { ...target }, cause });
    }
    const line = nextLine++;
    lines.set(line, socket);
    socket.on("error", () => {}); // Its end is all that the enclave hears of it.
    socket.setTimeout(silenceMs, () => socket.destroy());
    return line;
  };

  return {
    methods: {
      dial,
      async send(params) {
        const { line, bytes } = sendParams.parse(params);
        const socket = socketOf(line);
        if (socket.destroyed || !socket.writable) throw sourceError("SOURCE_UNAVAILABLE", "The connection has ended.");
        carried += bytes.length;
        if (!socket.write(bytes)) await Promise.race([once(socket, "drain"), once(socket, "close")]);
        return null;
      },
      async receive(params) {
        const socket = socketOf(lineParams.parse(params).line);
        const bytes = await nextBytes(socket);
        carried += bytes.length;
        return bytes;
      },
      async hangUp(params) {
        const { line } = lineParams.parse(params);
        lines.get(line)?.destroy();
        lines.delete(line);
        return null;
      },
    },
    carried: () => carried,
    close() {
      for (const socket of lines.values()) socket.destroy();
      lines.clear();
    },
  };
}

/** Empty at the end. */
async function nextBytes(socket: Socket): Promise<Uint8Array> {
  for (;;) {
    const chunk: unknown = socket.read();
    if (chunk instanceof Uint8Array) return Uint8Array.from(chunk);
    if (socket.destroyed || socket.readableEnded) return new Uint8Array();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    const events = ["readable", "end", "close", "error"] as const;
    for (const event of events) socket.once(event, wake);
    await promise;
    for (const event of events) socket.off(event, wake);
  }
}

/** Networks that are somebody's own (RFC 6890): no service of the internet is there. */
const own = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const)
  own.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  ["::", 127],
  ["64:ff9b:1::", 48],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  own.addSubnet(network, prefix, "ipv6");

/** Is this an address of somebody's own network? Also when it is written as IPv6. */
export function isOwnNetwork(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  return own.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
}

/** @throws PersonaError SOURCE_HOST_REFUSED, SOURCE_UNAVAILABLE */
async function publicAddressOf(host: string): Promise<string> {
  const found = await lookup(host, { all: true }).catch((cause) => {
    throw sourceError("SOURCE_UNAVAILABLE", "The service's name cannot be resolved.", { data: { host }, cause });
  });
  // One alone is enough to refuse: names that lead to both are made to slip through.
  const [first] = found;
  if (first === undefined || found.some(({ address }) => isOwnNetwork(address))) {
    throw sourceError("SOURCE_HOST_REFUSED", "The service's name leads into a network of one's own.", {
      data: { host },
    });
  }
  return first.address;
}
