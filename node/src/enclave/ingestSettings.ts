import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { z } from "zod";
import { openHostEvidence } from "./evidence/openHostEvidence.ts";
import { createRootStore } from "./ingest/net/tlsConnection.ts";
import { type IngestHostOptions, isKnownService } from "./ingestHost.ts";
import { evidenceKinds } from "./runtime/evidenceKind.ts";

const place = z.string().regex(/^[^\s:/]{1,255}:\d{1,5}$/, "not HOST:PORT");
const settingsSchema = z.strictObject({
  /** Files of certificate roots (PEM), one in each, beside the usual ones. Relative to the folder. */
  roots: z.array(z.string().min(1).max(4_096)).max(16).default([]),
  /** Further places that the enclave may ask, beside the known services and mail servers at their usual ports. */
  hosts: z.array(place).max(256).default([]),
  /** Another address for a place: `{"mail.example.org:993": "10.0.0.7:993"}`. It needs no public address, and must show the name's certificate. */
  routes: z.record(place, place).default({}),
  evidence: z.enum(evidenceKinds).default("simulated"),
  evidencePath: z.string().min(1).optional(),
  evidencePrivilegeLevel: z.int().min(0).max(3).optional(),
});

/** How an operator's ingest enclaves reach their services, and what the people who seal to them may expect of them. */
export type IngestSettings = Pick<IngestHostOptions, "mayDial" | "route" | "roots" | "platform"> & {
  /** Of the roots that such an enclave trusts. */
  readonly rootsDigest: ReturnType<typeof createRootStore>["digest"];
};

/** `ingest.json` of a schedule's folder; without it the known services by the usual roots. @throws PersonaError CONFIG_INVALID */
export async function readIngestSettings(folder: string): Promise<IngestSettings> {
  const file = join(folder, "ingest.json");
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return "{}";
    throw invalid(file, cause);
  });
  let parsed: z.infer<typeof settingsSchema>;
  try {
    parsed = settingsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw invalid(file, cause);
  }
  const { hosts, routes, roots: files, ...evidence } = parsed;
  const roots = await Promise.all(
    files.map((name) =>
      readFile(resolve(folder, name), "utf8").catch((cause) => {
        throw invalid(name, cause);
      }),
    ),
  );
  const platform = openHostEvidence(evidence);
  const further = new Set([...hosts, ...Object.keys(routes)]);
  return {
    roots,
    rootsDigest: createRootStore(roots).digest,
    ...(platform === undefined ? {} : { platform }),
    mayDial: (target) => isKnownService(target) || further.has(`${target.host}:${target.port}`),
    route({ host, port }) {
      const to = Object.hasOwn(routes, `${host}:${port}`) ? routes[`${host}:${port}`] : undefined;
      if (to === undefined) return undefined;
      const at = to.lastIndexOf(":");
      return { host: to.slice(0, at), port: Number(to.slice(at + 1)) };
    },
  };
}

const invalid = (file: string, cause: unknown) =>
  new PersonaError("CONFIG_INVALID", `${file} says nothing that an ingest enclave can be started with.`, {
    data: { file },
    cause,
  });
