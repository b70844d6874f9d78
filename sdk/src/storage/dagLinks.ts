import { CID } from "multiformats/cid";
import * as z from "zod";
import { PersonaError } from "../errors/index.ts";
import { MAX_BLOCK_BYTES } from "./blobStore.ts";
import { decodeCbor } from "./cbor.ts";
import { cidOfLink, parseCid } from "./cid.ts";
import { Link } from "./dagCbor.ts";
import { decodeFileNode } from "./dagPb.ts";

export type DagLink = {
  readonly cid: string;
  /** Bytes of the file below a link of a file node; undefined for a link in an object. Not checked here. */
  readonly fileSize: number | undefined;
};

/**
 * What a block names, in its own order: the leaves and nodes of a file, the CIDs in a DAG-CBOR object, nothing for a leaf.
 * `bytes` are those of the CID: the caller has checked them.
 *
 * @throws DIGEST_MISMATCH when a file node is not one of this protocol, or a link is of another kind of CID.
 * @throws MANIFEST_INVALID when the object is not canonical DAG-CBOR.
 */
export function dagLinks(cid: string, bytes: Uint8Array): DagLink[] {
  const { codec } = parseCid(cid);
  if (codec === "raw") return [];
  if (codec === "dag-pb") return fileLinks(cid, bytes);
  const value: unknown = decodeCbor(bytes, {
    schema: z.unknown(),
    maxBytes: MAX_BLOCK_BYTES,
    code: "MANIFEST_INVALID",
    what: "object",
  });
  return [...linksIn(value)].map((link) => {
    parseCid(link);
    return { cid: link, fileSize: undefined };
  });
}

function fileLinks(cid: string, bytes: Uint8Array): DagLink[] {
  try {
    return decodeFileNode(bytes).links.map((link) => {
      const child = CID.decode(link.cid).toString();
      if (parseCid(child).codec === "dag-cbor") throw new RangeError("a link to an object");
      return { cid: child, fileSize: link.fileSize };
    });
  } catch (cause) {
    throw new PersonaError("DIGEST_MISMATCH", "The CID does not name a file of this protocol.", {
      data: { cid },
      cause,
    });
  }
}

function* linksIn(value: unknown): Generator<string, void, undefined> {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  if (value instanceof Link) yield cidOfLink(value)?.toString() ?? "";
  else for (const item of Object.values(value)) yield* linksIn(item);
}
