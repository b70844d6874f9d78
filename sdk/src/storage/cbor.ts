import { equalBytes } from "../crypto/bytes.ts";
import { type ErrorCode, PersonaError } from "../errors/index.ts";
import { decodeDagCbor, encodeDagCbor } from "./dagCbor.ts";
import { type Decoder, Refused } from "./decoders.ts";

/** What values from outside are held to: a schema of zod, or a decoder where a page loads it. */
export type CborSchema<value> = Decoder<value> | { readonly safeParse: (value: unknown) => Outcome<value> };

type Outcome<value> =
  | { readonly success: true; readonly data: value }
  | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
type Issue = { readonly message: string; readonly path: readonly PropertyKey[] };

/** Deterministic DAG-CBOR: one value has one encoding, so that its digest names the value. */
export function encodeCbor(value: unknown): Uint8Array<ArrayBuffer> {
  return encodeDagCbor(value);
}

/**
 * Decodes and validates what came from outside. Bytes that are not the one canonical encoding of their value are refused:
 * otherwise one manifest or KeyBox would have many digests, and two readers could disagree on what was signed.
 *
 * @throws `code` when the bytes are too many, not canonical DAG-CBOR, or not of the schema.
 */
export function decodeCbor<value>(
  bytes: Uint8Array,
  parameters: {
    readonly schema: CborSchema<value>;
    readonly maxBytes: number;
    /** Most data items (RFC 8949, 3) it may hold; decoding costs a microsecond each. Default 65,536. */
    readonly maxItems?: number;
    /** Deepest nesting of lists and maps. Default 128. */
    readonly maxDepth?: number;
    readonly code: ErrorCode;
    readonly what: string;
  },
): value {
  const { code, what, maxBytes } = parameters;
  if (bytes.length > maxBytes) {
    throw new PersonaError(code, `The ${what} is larger than allowed.`, { data: { bytes: bytes.length, maxBytes } });
  }
  if (hasMoreItems(bytes, parameters.maxItems ?? 65_536, parameters.maxDepth ?? 128)) {
    throw new PersonaError(code, `The ${what} holds more items, or nests deeper, than allowed.`, {
      data: { bytes: bytes.length },
    });
  }
  let value: unknown;
  let canonical: Uint8Array;
  try {
    value = decodeDagCbor(bytes);
    canonical = encodeDagCbor(value);
  } catch (cause) {
    throw new PersonaError(code, `The ${what} is not DAG-CBOR in its canonical form.`, { cause });
  }
  if (!equalBytes(canonical, bytes)) {
    throw new PersonaError(code, `The ${what} is not encoded in its canonical form.`);
  }
  const breaks = (why: string, path: readonly PropertyKey[], cause?: unknown) =>
    new PersonaError(code, `The ${what} breaks its schema: ${why}.`, {
      data: { path: path.map(String).join(".") },
      cause,
    });
  const { schema } = parameters;
  if (typeof schema === "function") {
    try {
      return schema(value);
    } catch (error) {
      throw error instanceof Refused ? breaks(error.message, error.path) : error;
    }
  }
  const outcome = schema.safeParse(value);
  if (outcome.success) return outcome.data;
  const [issue] = outcome.error.issues;
  throw breaks(issue?.message ?? "invalid", issue?.path ?? [], outcome.error);
}

/**
 * Does this CBOR hold more than `maxItems` items, or nest deeper? Looks at the heads only, so that two megabytes of empty arrays are
 * refused before anything is built from them. What is not well-formed ends the walk: the decoder refuses it.
 */
export function hasMoreItems(bytes: Uint8Array, maxItems: number, maxDepth: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** How many items each list or map around this place still waits for. */
  const open: number[] = [];
  let at = 0;
  for (let items = 0; at < bytes.length; items++) {
    if (items >= maxItems) return true;
    const head = view.getUint8(at);
    const major = head >> 5;
    const info = head & 31;
    if (info > 27) return false;
    const width = info < 24 ? 0 : 2 ** (info - 24);
    if (at + 1 + width > bytes.length) return false;
    at += 1;
    const argument = width === 0 ? info : readUint(view, at, width);
    at += width + (major === 2 || major === 3 ? argument : 0);
    if (major === 4 || major === 5 || major === 6) {
      open.push(major === 6 ? 1 : major === 5 ? 2 * argument : argument);
      if (open.length > maxDepth) return true;
      if (argument > 0 || major === 6) continue;
      open.pop();
    }
    // This item is whole, and so are all around it that waited for nothing else.
    for (let waiting = open.pop(); waiting !== undefined; waiting = open.pop()) {
      if (waiting > 1) {
        open.push(waiting - 1);
        break;
      }
    }
  }
  return false;
}

function readUint(view: DataView, at: number, width: number): number {
  if (width === 1) return view.getUint8(at);
  if (width === 2) return view.getUint16(at);
  if (width === 4) return view.getUint32(at);
  return Number(view.getBigUint64(at));
}
