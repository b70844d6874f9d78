import { createHash } from "node:crypto";
import type { OriginStatement } from "@persona-protocol/sdk/ingest/live";
import type { Hex } from "viem";
import type { HttpExchange } from "./net/httpClient.ts";

type Host = {
  certificates: Hex[];
  firstDate: number | null;
  lastDate: number | null;
  readonly shapes: Map<string, number>;
};

/** What a run has seen of the hosts it asked: the matter of its statement of origin. */
export type OriginLog = {
  add(exchange: HttpExchange): void;
  facts(): Pick<OriginStatement, "hosts" | "evidence" | "answers">;
};

const maxCertificates = 64;
const maxShapes = 256;

export function createOriginLog(): OriginLog {
  const hosts = new Map<string, Host>();
  let evidence: Buffer = Buffer.alloc(32);
  let answers = 0;
  return {
    add({ host: name, certificate, shape, status, date, bodyDigest }) {
      const host: Host = hosts.get(name) ?? { certificates: [], firstDate: null, lastDate: null, shapes: new Map() };
      hosts.set(name, host);
      if (!host.certificates.includes(certificate) && host.certificates.length < maxCertificates)
        host.certificates.push(certificate);
      if (date !== null) {
        host.firstDate ??= date;
        host.lastDate = date;
      }
      const counted = host.shapes.has(shape) || host.shapes.size < maxShapes - 1 ? shape : "other";
      host.shapes.set(counted, (host.shapes.get(counted) ?? 0) + 1);
      const statusBytes = Buffer.alloc(4);
      statusBytes.writeUInt32BE(status);
      const parts = [
        evidence,
        createHash("sha256").update(shape).digest(),
        statusBytes,
        Buffer.from(bodyDigest.slice(2), "hex"),
      ];
      evidence = createHash("sha256").update(Buffer.concat(parts)).digest();
      answers += 1;
    },
    facts: () => ({
      hosts: [...hosts].map(([host, { certificates, firstDate, lastDate, shapes }]) => ({
        host,
        certificates,
        firstDate,
        lastDate,
        requests: [...shapes].map(([shape, count]) => ({ shape, count })),
      })),
      evidence: `0x${evidence.toString("hex")}`,
      answers,
    }),
  };
}
