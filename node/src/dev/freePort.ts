import { type AddressInfo, createServer } from "node:net";
import { PersonaError } from "@persona-protocol/sdk/errors";

/** `wanted` if it is free, or any free port for 0, on loopback. @throws PersonaError PORT_IN_USE */
export async function freePort(wanted: number): Promise<number> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(wanted, "127.0.0.1", resolve);
    });
    return (server.address() as AddressInfo).port;
  } catch (cause) {
    throw new PersonaError("PORT_IN_USE", `The port ${wanted} is taken.`, { data: { port: wanted }, cause });
  } finally {
    server.close();
  }
}
