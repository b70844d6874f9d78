import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PersonaError } from "@persona-protocol/sdk/errors";

export type Listening = {
  readonly port: number;
  /** Ends every connection, also those with a request under way. */
  close(): Promise<void>;
};

/** Has an HTTP server listen. @throws PersonaError PORT_IN_USE, CONFIG_INVALID */
export async function listen(
  server: Server,
  place: {
    readonly host: string;
    /** 0 picks a free one. */
    readonly port: number;
    /** As it begins a sentence: "The gateway". */
    readonly name: string;
  },
): Promise<Listening> {
  const { host, port, name } = place;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const code = cause.code === "EADDRINUSE" ? "PORT_IN_USE" : "CONFIG_INVALID";
      reject(new PersonaError(code, `${name} cannot listen: ${cause.message}.`, { data: { host, port }, cause }));
    });
    server.listen(port, host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server) };
}

/** Resolves when nobody is connected any more. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
