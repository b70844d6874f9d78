import { spawnSync } from "node:child_process";
import { existsSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Hex } from "viem";
import { bundleIndex, readBundle } from "../runtime/measuredBundle.ts";
import { bundleKey } from "./bundleKey.ts";

/** A built enclave: a folder with every file that its processes may read. */
export type EnclaveBundle = { readonly folder: string; readonly measurement: Hex };

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const builder = fileURLToPath(new URL("buildMain.ts", import.meta.url));

let built: EnclaveBundle | undefined;

/**
 * The enclave that this repository's sources make: built when no build of these very sources and packages is in `.cache`. Any
 * number of processes may ask at once. Asked once a process: sources that change while a network runs change nothing in it.
 * @throws PersonaError ENCLAVE_FAILED when it cannot be built
 */
export function enclaveBundle(): EnclaveBundle {
  built ??= bundleOf(root, "runtime");
  return built;
}

let builtIngest: EnclaveBundle | undefined;

/** The same of the ingest enclave, which has a bundle and a measurement of its own. @throws PersonaError ENCLAVE_FAILED */
export function ingestBundle(): EnclaveBundle {
  builtIngest ??= bundleOf(root, "ingest");
  return builtIngest;
}

/** A bundle that somebody has built. @throws PersonaError ENCLAVE_FAILED when the folder holds none */
export function openEnclaveBundle(folder: string): EnclaveBundle {
  return { folder, measurement: readBundle(folder).measurement };
}

function bundleOf(sources: string, kind: "runtime" | "ingest"): EnclaveBundle {
  const folder = join(
    sources,
    kind === "ingest" ? ".cache/enclave-ingest" : ".cache/enclave",
    bundleKey(sources, kind),
  );
  if (!existsSync(join(folder, bundleIndex))) {
    // In a process of its own: bundlers leave a child behind that would keep ours from ending.
    const { status, stderr } = spawnSync(process.execPath, ["--no-warnings", builder, sources, folder, kind], {
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
    });
    if (status !== 0) {
      throw new PersonaError("ENCLAVE_FAILED", `The enclave bundle cannot be built. ${stderr.trim().slice(0, 2_000)}`, {
        data: { sources },
      });
    }
  } else {
    // When it was used last: what lies unused for long is removed by a later build.
    const now = new Date();
    utimesSync(folder, now, now);
  }
  return openEnclaveBundle(folder);
}
