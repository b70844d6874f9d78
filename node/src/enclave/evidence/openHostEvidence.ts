import { existsSync } from "node:fs";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { NodeConfig } from "../../config/nodeConfig.ts";
import { configfsTsm } from "./configfsTsm.ts";
import { dstackEvidence } from "./dstackSocket.ts";
import type { HostEvidence } from "./HostEvidence.ts";
import { nitroModule } from "./nitroModule.ts";

export type EvidenceSettings = Pick<NodeConfig, "evidence" | "evidencePath" | "evidencePrivilegeLevel">;

/**
 * The platform's half of what the node is configured for.
 * @returns undefined for the simulated TEE, which the enclave does by itself
 * @throws PersonaError CONFIG_INVALID
 */
export function openHostEvidence({
  evidence,
  evidencePath: path,
  evidencePrivilegeLevel: privilegeLevel,
}: EvidenceSettings): HostEvidence | undefined {
  const only = (kind: string) => {
    if (evidence === kind) return;
    throw new PersonaError("CONFIG_INVALID", "A setting of evidence is for another kind.", { data: { evidence } });
  };
  if (privilegeLevel !== undefined) only("configfs-tsm");
  switch (evidence) {
    case "simulated":
      if (path !== undefined) only("a platform");
      return undefined;
    case "configfs-tsm":
      return configfsTsm({
        ...(path === undefined ? {} : { root: path }),
        ...(privilegeLevel === undefined ? {} : { privilegeLevel }),
      });
    case "dstack":
      return dstackEvidence(path === undefined ? {} : { endpoint: { api: apiOf(path), address: path } });
    case "nitro":
      if (path === undefined || !existsSync(path)) {
        throw new PersonaError("CONFIG_INVALID", "evidencePath must name the built helper persona-nsm.", {
          data: { evidencePath: path ?? "none" },
        });
      }
      return nitroModule({ helper: path });
    default:
      return evidence satisfies never;
  }
}

/** An agent's API is told by its socket's name, as dstack's own clients do. */
const apiOf = (path: string) => (path.endsWith("tappd.sock") ? "tappd" : "current");
