import { createServer, type Socket } from "node:net";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { createPeer, type Peer, type PeerMethods } from "./peer.ts";

/** How an enclave process reaches its host, whoever that is at the moment. */
export type Door = Pick<Peer, "call">;

/**
 * Opens the enclave's only door: stdin and stdout, where the host that started the process is its only host ever, or a Unix
 * socket, where one host at a time is served and the newest takes the place of the one before (a daemon that was restarted). Keys
 * and latches are the process's own: they outlive a host.
 *
 * @param socket path to listen at; undefined for stdin and stdout
 * @param methods what a host may call
 * @param onEnd called before the process ends
 */
export function openDoor({
  socket,
  methods,
  onEnd,
}: {
  readonly socket: string | undefined;
  readonly methods: PeerMethods;
  readonly onEnd: () => void;
}): Door {
  // The terminal's Ctrl-C reaches every process of the group; this one ends when its host closes the door.
  process.on("SIGINT", () => {});
  const end = () => {
    onEnd();
    process.exit(0);
  };
  if (socket === undefined) {
    const peer = createPeer({ input: process.stdin, output: process.stdout, methods });
    void peer.closed.then(end);
    return peer;
  }

  let host: Peer | undefined;
  const serve = (connection: Socket) => {
    connection.on("error", () => {}); // Its end is all that matters, and the peer sees that.
    host?.close();
    const peer = createPeer({ input: connection, output: connection, methods });
    host = peer;
    void peer.closed.then(() => {
      connection.destroy();
      if (host === peer) host = undefined;
    });
  };
  createServer(serve).listen(socket);
  process.on("SIGTERM", end);
  return {
    async call(method, params, options) {
      if (host === undefined) throw new PersonaError("ENCLAVE_FAILED", "No host is at the enclave's door.");
      return host.call(method, params, options);
    },
  };
}
