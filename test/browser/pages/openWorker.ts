import { bytesOfStream, decryptionStream } from "@persona-protocol/sdk/storage";
import type { EnvelopeKey } from "./storagePage.ts";

/** Opens an envelope as it comes, keeps nothing of it, and compares with the pattern of the test vectors. */
type Scope = {
  onmessage?: (event: { data: { key: EnvelopeKey; path: string } }) => Promise<void>;
  postMessage(data: { bytes: number; wrong: number }): void;
};
const scope = globalThis as unknown as Scope;

scope.onmessage = async ({ data: { key, path } }) => {
  const { body } = await fetch(path);
  if (body === null) throw new Error("no body");
  let bytes = 0;
  let wrong = 0;
  for await (const piece of bytesOfStream(body.pipeThrough(decryptionStream(key)))) {
    for (const byte of piece) {
      if (byte !== bytes % 251) wrong++;
      bytes++;
    }
  }
  scope.postMessage({ bytes, wrong });
};
