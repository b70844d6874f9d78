import "../app/noEval.ts";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { importArchive, openBrowserArchive, type SpooledSegment } from "@persona-protocol/sdk/ingest";
import type { FoundSegment, ImportAnswer, ImportRequest } from "./importMessages.ts";

/** Reads an export where it lies: no byte of it leaves this thread but as the segments that the page then encrypts. */
type Scope = {
  onmessage?: (event: { readonly data: ImportRequest }) => void;
  postMessage(answer: ImportAnswer, transfer?: readonly ArrayBuffer[]): void;
};
const scope = globalThis as unknown as Scope;
/** A progress bar needs no more. */
const tellEveryMs = 100;

scope.onmessage = ({ data }) => {
  void read(data).catch((error: unknown) => scope.postMessage(failure(error)));
};

async function read({ files, thirdParties, pseudonymKey, timeZone }: ImportRequest): Promise<void> {
  const archive = await openBrowserArchive([...files]);
  try {
    let last = 0;
    const imported = await importArchive(archive, {
      timeZone,
      thirdParties:
        thirdParties === "pseudonymise" && pseudonymKey !== undefined
          ? { policy: "pseudonymise", key: pseudonymKey }
          : { policy: thirdParties === "omit" ? "omit" : "keep" },
      onProgress: ({ file, bytesRead: done, bytesTotal: total }) => {
        const now = performance.now();
        if (now - last < tellEveryMs) return;
        last = now;
        scope.postMessage({ type: "progress", file, done, total });
      },
    });
    const segments: FoundSegment[] = [];
    for (const segment of imported.segments) segments.push(await whole(segment, false));
    for (const segment of imported.ownerOnly) segments.push(await whole(segment, true));
    const { connector, also, remarks } = imported;
    scope.postMessage(
      { type: "found", found: { connector, also, segments, remarks } },
      segments.map(({ bytes }) => bytes.buffer as ArrayBuffer),
    );
  } finally {
    await archive.close();
  }
}

async function whole(segment: SpooledSegment, isPrivate: boolean): Promise<FoundSegment> {
  const { name, schema, records, from, to, content } = segment;
  const bytes = new Uint8Array(content.size);
  let at = 0;
  for await (const piece of content.read()) {
    bytes.set(piece, at);
    at += piece.length;
  }
  await content.discard();
  return { name, schema, records, from, to, bytes, isPrivate };
}

function failure(error: unknown): ImportAnswer {
  if (!isPersonaError(error))
    return {
      type: "failed",
      code: undefined,
      message: error instanceof Error ? error.message : "it stopped",
      data: {},
    };
  const { code, message, data } = error.toJSON();
  return { type: "failed", code, message, data };
}
