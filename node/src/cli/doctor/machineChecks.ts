import { freemem } from "node:os";
import { join } from "node:path";
import type { Deployment } from "@persona-protocol/sdk/contracts";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { readNetwork } from "../networkFolder.ts";
import type { Finding } from "./doctor.ts";

const leastNode = 24;
const leastMemory = 2 * 2 ** 30;

export function machineChecks(): Finding[] {
  const { platform, arch, versions } = process;
  const major = Number(versions.node.split(".")[0]);
  return [
    {
      name: "platform",
      ok: platform === "linux" && arch === "x64",
      found: `${platform} ${arch}`,
      fix: "Nodes and the local network run on Linux x64.",
    },
    {
      name: "node",
      ok: major >= leastNode,
      found: versions.node,
      fix: "Start it as `npm run -s persona -- …`: that uses the project's own Node 24.",
    },
    {
      name: "memory",
      ok: freemem() >= leastMemory,
      found: `${Math.round(freemem() / 2 ** 20)} MiB free`,
      fix: "The local network with its enclaves wants 2 GiB: close something.",
    },
  ];
}

export async function networkChecks(
  folder: string | undefined,
): Promise<{ readonly findings: Finding[]; readonly deployment?: Deployment }> {
  const name = "network folder";
  const fix = "Start one with `persona dev` and give the folder that it prints, or that of its --dir, as --network.";
  if (folder === undefined) return { findings: [{ name, ok: false, found: "not given", fix }] };
  try {
    const parts = { deploymentFile: join(folder, "deployment.json"), storeDir: join(folder, "ipfs") };
    const deployment = await readNetwork(parts);
    return { findings: [{ name, ok: true, found: folder }], deployment };
  } catch (error) {
    if (!isPersonaError(error)) throw error;
    return { findings: [{ name, ok: false, found: error.shortMessage, fix }] };
  }
}
