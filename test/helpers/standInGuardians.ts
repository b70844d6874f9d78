/** HTTP servers in the place of guardians, one a node: what each answers is asked anew for every request. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export type StandInAnswer = { readonly status: number; readonly body: Uint8Array };

export async function startStandIns(
  nodeIds: readonly number[],
  answer: (nodeId: number) => StandInAnswer,
): Promise<{ readonly endpoint: (nodeId: number) => string; close(): void }> {
  const servers = new Map<number, Server>();
  for (const nodeId of nodeIds) {
    const server = createServer((_request, response) => {
      const { status, body } = answer(nodeId);
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    servers.set(nodeId, server);
  }
  return {
    endpoint: (nodeId) => {
      const server = servers.get(nodeId);
      return server === undefined ? "" : `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    close: () => {
      for (const server of servers.values()) server.close();
    },
  };
}
