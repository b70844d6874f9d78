import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type CuttingProxy = { readonly url: string; close(): Promise<void> };

/**
 * Stands before a server on loopback and cuts every connection, for good, when so many bytes have gone to it: a cable that is
 * pulled in the middle of an upload.
 */
export async function startCuttingProxy(
  port: number,
  { afterBytes }: { readonly afterBytes: number },
): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let passed = 0;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((inbound) => {
    if (passed >= afterBytes) {
      inbound.destroy();
      return;
    }
    const outbound = connect(port, "127.0.0.1");
    for (const socket of [inbound, outbound]) {
      sockets.add(socket);
      socket
        .on("error", () => {})
        .on("close", () => {
          sockets.delete(socket);
          inbound.destroy();
          outbound.destroy();
        });
    }
    inbound.on("data", (data: Buffer) => {
      passed += data.length;
      if (passed >= afterBytes) cut();
    });
    inbound.pipe(outbound);
    outbound.pipe(inbound);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
