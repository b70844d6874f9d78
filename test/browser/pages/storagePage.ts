import { deriveKemKeyPair, nodeCrypto, open, seal, sha256, toHex, utf8 } from "@persona-protocol/sdk/crypto";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import {
  bytesOfStream,
  collectBytes,
  combineShares,
  createBlobStore,
  createGatewayReader,
  decodeKeyBoxBody,
  decodeKeyBoxHead,
  decryptEnvelopeBytes,
  decryptionStream,
  encodeKeyBoxBody,
  encodeKeyBoxHead,
  encryptionStream,
  makeKeyBox,
  openOwnerDeks,
  openShare,
  readSegmentRange,
} from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";

/** What runs in the page. Only plain data goes in and out. */

export type EnvelopeKey = {
  readonly datasetId: Hex;
  readonly segment: number;
  readonly keyEpoch: number;
  readonly dek: Uint8Array;
};

export type Box = {
  readonly chainId: number;
  readonly registry: Hex;
  readonly datasetId: Hex;
  readonly keyEpoch: number;
};

/** Which of the two paths of the SDK this is: `node:crypto` must not be there. */
export function hasNodeCrypto(): boolean {
  return nodeCrypto !== undefined;
}

/** A File's stream through `encryptionStream`. */
export async function sealFile(key: EnvelopeKey, version: number, plaintext: Uint8Array): Promise<Uint8Array> {
  const file = new Blob([Uint8Array.from(plaintext)]);
  const sealed = file.stream().pipeThrough(encryptionStream({ ...key, version, plaintextLength: file.size }));
  return collectBytes(bytesOfStream(sealed));
}

/** A response's body through `decryptionStream`: how much came out, and its digest. */
export async function openDownload(key: EnvelopeKey, path: string): Promise<{ bytes: number; sha256: Hex }> {
  const { body } = await fetch(path);
  if (body === null) throw new Error("no body");
  const opened = await collectBytes(bytesOfStream(body.pipeThrough(decryptionStream(key))));
  return { bytes: opened.length, sha256: toHex(sha256(opened)) };
}

/** The same in a worker, which says how many bytes came and how far it was from right. */
export async function openInWorker(key: EnvelopeKey, path: string): Promise<{ bytes: number; wrong: number }> {
  type Port = {
    onmessage?: (event: { data: { bytes: number; wrong: number } }) => void;
    postMessage(data: unknown): void;
  };
  const { Worker } = globalThis as unknown as { Worker: new (url: string, options: { type: "module" }) => Port };
  const worker = new Worker("/worker.js", { type: "module" });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage({ key, path });
  });
}

/** The error's code, or "opened", for parts of a download put together, with some bytes replaced. */
export async function openChanged(
  key: EnvelopeKey,
  path: string,
  slices: readonly (readonly [number, number])[] | null,
  set: Readonly<Record<string, number>>,
): Promise<string> {
  const whole = await (await fetch(path)).blob();
  const parts = (slices ?? [[0, whole.size] as const]).map(([from, to]) => whole.slice(from, to));
  const object = new Uint8Array(await new Blob(parts).arrayBuffer());
  for (const [at, byte] of Object.entries(set)) object[Number(at)] = byte;
  return codeOf(async () => decryptEnvelopeBytes(object, key));
}

export async function cidOf(path: string): Promise<string> {
  const bytes = new Uint8Array(await (await fetch(path)).arrayBuffer());
  const nothing = async (): Promise<void> => {};
  const medium = { write: nothing, read: async () => undefined, has: async () => false };
  const store = createBlobStore({ ...medium, pin: nothing, unpin: nothing, isPinned: async () => false });
  return (await store.put(bytes)).cid;
}

export async function readRange(
  key: EnvelopeKey,
  gateway: string,
  cid: string,
  range: { readonly offset: number; readonly length: number },
): Promise<Uint8Array> {
  return readSegmentRange(createGatewayReader({ url: gateway }), cid, { ...key, ...range });
}

/** What a page learns from a gateway: the error's code, or "opened". */
export async function askGateway(url: string, cid: string): Promise<string> {
  return codeOf(async () => collectBytes(createGatewayReader({ url }).get(cid)));
}

/** What the page sees of an address: the status, or the kind of error. */
export async function see(url: string): Promise<string> {
  try {
    return String((await fetch(url)).status);
  } catch (error) {
    return (error as Error).name;
  }
}

/** A KeyBox that was made elsewhere: the segment's key from released shares, and as its owner. */
export async function openKeyBox(
  box: Box,
  head: Uint8Array,
  body: Uint8Array,
  keys: { readonly owner: Uint8Array; readonly guardians: readonly { nodeId: number; seed: Uint8Array }[] },
  segment: number,
): Promise<{ byShares: Hex; byOwner: Hex }> {
  const [parsedHead, parsedBody] = [decodeKeyBoxHead(head), decodeKeyBoxBody(body)];
  const shares = [];
  for (const { nodeId, seed } of keys.guardians) {
    const sealed = parsedBody.shares.find(({ index, guardian }) => index === segment && guardian === nodeId);
    if (sealed === undefined) throw new Error(`no share for ${nodeId}`);
    const keyPair = await deriveKemKeyPair(seed);
    shares.push(await openShare({ ...box, head: parsedHead, segment, guardian: nodeId, keyPair, sealed }));
  }
  const dek = await combineShares({ head: parsedHead, segment, shares });
  const deks = await openOwnerDeks({
    ...box,
    head: parsedHead,
    body: parsedBody,
    ownerKeyPair: await deriveKemKeyPair(keys.owner),
  });
  return { byShares: toHex(dek), byOwner: toHex(deks.get(segment) ?? new Uint8Array()) };
}

export async function makeBox(
  box: Box,
  ownerPublicKey: Uint8Array,
  guardians: readonly { nodeId: number; kemPublicKey: Uint8Array }[],
  dek: Uint8Array,
): Promise<{ head: Uint8Array; body: Uint8Array }> {
  const { head, body } = await makeKeyBox({
    ...box,
    threshold: 2,
    guardians,
    ownerPublicKey,
    deks: new Map([[0, dek]]),
  });
  return { head: encodeKeyBoxHead(head).bytes, body: encodeKeyBoxBody(body) };
}

export async function sealFor(
  publicKey: Uint8Array,
  info: string,
  text: string,
): Promise<{ enc: Uint8Array; ct: Uint8Array }> {
  const { enc, ct } = await seal({ publicKey, info: utf8(info), plaintext: utf8(text) });
  return { enc, ct };
}

export async function openSealed(
  seed: Uint8Array,
  info: string,
  box: { enc: Uint8Array; ct: Uint8Array },
): Promise<string> {
  return codeOf(async () => open({ privateKey: seed, info: utf8(info), ...box }));
}

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return "opened";
  } catch (error) {
    return isPersonaError(error) ? error.code : `${error}`;
  }
}
