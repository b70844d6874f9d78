import { createWriteStream } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";

export type RecordingProxy = { readonly url: string; close(): Promise<void> };

/** Stands between every process and the chain, and writes each request and answer to `file`, for the leak search to read. */
export async function startRecordingProxy(target: string, file: string): Promise<RecordingProxy> {
  const record = createWriteStream(file, { mode: 0o600 });
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const upstream = httpRequest({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        outgoing.write(chunk);
      });
      answer.on("end", () => {
        outgoing.end();
        record.write(Buffer.concat([...chunks, Buffer.from("\n")]));
      });
    });
    upstream.on("error", () => outgoing.destroy());
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      upstream.write(chunk);
    });
    incoming.on("end", () => {
      upstream.end();
      record.write(Buffer.concat([...chunks, Buffer.from("\n")]));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await new Promise((resolve) => record.end(resolve));
    },
  };
}
