import type { IncomingMessage } from "node:http";
import { cidOfDigest, digestOfCid, parseCid } from "@persona-protocol/sdk/storage";

/** What a trustless gateway is asked for, or the status and reason with which it says no. */
export type GatewayRequest =
  | { readonly format: "raw"; readonly cid: string }
  | {
      readonly format: "car";
      readonly cid: string;
      readonly scope: "block" | "entity" | "all";
      /** First and last byte of a file, as asked: negative numbers count from its end, undefined is its end. */
      readonly range: { readonly from: number; readonly to: number | undefined } | undefined;
      /** Send a block as often as it occurs. */
      readonly duplicates: boolean;
    }
  | { readonly format: "refused"; readonly status: 400 | 405 | 406; readonly reason: string };

const MAX_URL_CHARACTERS = 1_024;

/** IPFS specification "Trustless Gateway", sections 2 and 3, without paths below a CID: no file of ours has names inside. */
export function parseGatewayRequest({ method, url = "", headers }: IncomingMessage): GatewayRequest {
  const refuse = (status: 400 | 405 | 406, reason: string) => ({ format: "refused", status, reason }) as const;
  if (method !== "GET" && method !== "HEAD") return refuse(405, "GET and HEAD only");
  const address = url.length > MAX_URL_CHARACTERS ? null : URL.parse(url, "http://gateway");
  const [, text = ""] = /^\/ipfs\/([A-Za-z0-9]+)\/?$/.exec(address?.pathname ?? "") ?? [];
  const cid = canonicalCid(text);
  if (address === null || cid === undefined)
    return refuse(400, "the path is /ipfs/ and a CIDv1 (sha2-256; raw, dag-pb or dag-cbor), with nothing after it");

  const query = address.searchParams;
  const accept = (headers.accept ?? "").toLowerCase();
  const format =
    query.get("format") ?? (accept.includes("vnd.ipld.car") ? "car" : accept.includes("vnd.ipld.raw") ? "raw" : "");
  if (format === "raw") return { format, cid };
  if (format !== "car") return refuse(406, "format=raw or format=car");

  const scope = query.get("dag-scope") ?? "all";
  if (scope !== "block" && scope !== "entity" && scope !== "all")
    return refuse(400, "dag-scope is block, entity or all");
  const bytes = query.get("entity-bytes");
  const range = bytes === null ? undefined : parseRange(bytes);
  if (bytes !== null && range === undefined) return refuse(400, "entity-bytes is from:to, with to a number or *");
  if ((query.get("car-version") ?? "1") !== "1") return refuse(400, "CAR version 1 only");
  const duplicates = (query.get("car-dups") ?? /dups=([yn])/.exec(accept)?.[1] ?? "n") === "y";
  return { format, cid, scope, range, duplicates };
}

/** Whatever base it was written in; undefined for a CID that could not be checked. */
function canonicalCid(text: string): string | undefined {
  try {
    return cidOfDigest(digestOfCid(text), parseCid(text).codec);
  } catch {
    return undefined;
  }
}

function parseRange(text: string): { readonly from: number; readonly to: number | undefined } | undefined {
  const [, from = "", to = ""] = /^(-?\d{1,15}):(-?\d{1,15}|\*)$/.exec(text) ?? [];
  if (from === "") return undefined;
  return { from: Number(from), to: to === "*" ? undefined : Number(to) };
}
