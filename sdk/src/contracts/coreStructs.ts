import { coreStructTypes } from "./coreTypedData.ts";
import { decodeStructOf, encodeStructOf } from "./structAbi.ts";
import type { JobSpec, Scope, Terms } from "./structs.ts";

type CoreStructs = { Terms: Terms; Scope: Scope; JobSpec: JobSpec };

/** `encodeStruct` and `decodeStruct` (abiStructs.ts) of what a page packs and unpacks. */
export const encodeCoreStruct = <name extends keyof CoreStructs>(name: name, value: CoreStructs[name]): Uint8Array =>
  encodeStructOf(coreStructTypes, name, value);

/** @throws PersonaError REQUEST_INVALID */
export const decodeCoreStruct = <name extends keyof CoreStructs>(name: name, bytes: Uint8Array): CoreStructs[name] =>
  decodeStructOf(coreStructTypes, name, bytes) as CoreStructs[name];
