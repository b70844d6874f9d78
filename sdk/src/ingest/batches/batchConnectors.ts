import type { Connector } from "../connector.ts";

/** The connectors that read in batches, each loaded by itself: a thread that reads one export needs none of the others. */
const batchConnectors: Readonly<Record<string, () => Promise<Connector>>> = {
  "apple-health": async () => (await import("../appleHealth/appleHealth.ts")).appleHealth,
  mbox: async () => (await import("../mbox/mbox.ts")).mbox,
  "x-archive": async () => (await import("../xArchive/xArchive.ts")).xArchive,
};

/** Undefined for a connector that does not read in batches, or that there is not. */
export async function loadBatchConnector(id: string): Promise<Connector | undefined> {
  return Object.hasOwn(batchConnectors, id) ? batchConnectors[id]?.() : undefined;
}
