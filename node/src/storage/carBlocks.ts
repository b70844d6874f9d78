import { PersonaError } from "@persona-protocol/sdk/errors";
import { type CarBlock, dagLinks, parseCid } from "@persona-protocol/sdk/storage";

/** Bytes of a file, first and last; see `parseGatewayRequest`. */
type EntityBytes = { readonly from: number; readonly to: number | undefined };

type Visit = {
  readonly cid: string;
  /** Where in the file this block's bytes begin. */
  readonly start: number;
  /** First byte wanted, and the one after the last; undefined for all. */
  readonly wanted: { readonly from: number; readonly to: number } | undefined;
};

/** Blocks that are known and not yet sent: a file has 1,024 a level at most, a manifest 256. A strange DAG has more. */
const MAX_AHEAD = 16_384;

/**
 * The blocks of a CAR in depth-first order, each checked by the store. `entity` is a whole file, or the part of it that
 * `range` names, or one object; `all` is everything that an object names, too.
 *
 * @throws STORE_FAILED when there are more blocks side by side than any object of this protocol has.
 */
export async function* carBlocks(
  getBlock: (cid: string) => Promise<Uint8Array>,
  root: CarBlock,
  { scope, range, duplicates }: carBlocks.Options,
): AsyncGenerator<CarBlock, void, undefined> {
  const sent = new Set<string>();
  const ahead: Visit[] = [];
  const visit = async function* (block: CarBlock, at: Visit): AsyncGenerator<CarBlock, void, undefined> {
    if (duplicates || !sent.has(block.cid)) yield block;
    if (!duplicates) sent.add(block.cid);
    for (const child of childrenOf(block, at, scope).reverse()) ahead.push(child);
    if (ahead.length <= MAX_AHEAD) return;
    throw new PersonaError("STORE_FAILED", "The object is wider or deeper than this gateway gives.", {
      data: { kind: "refused", cid: root.cid, maxBlocks: MAX_AHEAD },
    });
  };
  yield* visit(root, { cid: root.cid, start: 0, wanted: resolveRange(root, range) });
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    // A leaf that was sent has no children either: it need not be read again.
    if (!duplicates && sent.has(next.cid) && parseCid(next.cid).codec === "raw") continue;
    yield* visit({ cid: next.cid, bytes: await getBlock(next.cid) }, next);
  }
}

export declare namespace carBlocks {
  type Options = {
    readonly scope: "block" | "entity" | "all";
    readonly range: EntityBytes | undefined;
    readonly duplicates: boolean;
  };
}

function childrenOf(block: CarBlock, { start, wanted }: Visit, scope: carBlocks.Options["scope"]): Visit[] {
  const { codec } = parseCid(block.cid);
  if (scope === "block" || codec === "raw" || (codec === "dag-cbor" && scope === "entity")) return [];
  let at = start;
  return dagLinks(block.cid, block.bytes).flatMap(({ cid, fileSize }): Visit[] => {
    if (fileSize === undefined) return [{ cid, start: 0, wanted: undefined }];
    const child = { cid, start: at, wanted };
    at += fileSize;
    return wanted === undefined || (at > wanted.from && child.start < wanted.to) ? [child] : [];
  });
}

/** Only files have ranges; the rest of a CAR is as if none had been asked for. */
function resolveRange({ cid, bytes }: CarBlock, range: EntityBytes | undefined): Visit["wanted"] {
  if (range === undefined || parseCid(cid).codec !== "dag-pb") return undefined;
  const size = dagLinks(cid, bytes).reduce((sum, { fileSize = 0 }) => sum + fileSize, 0);
  const place = (at: number) => (at < 0 ? Math.max(0, size + at) : Math.min(at, size));
  return { from: place(range.from), to: range.to === undefined ? size : Math.min(size, place(range.to) + 1) };
}
