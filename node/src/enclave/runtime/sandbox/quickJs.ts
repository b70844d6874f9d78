import variant from "@jitl/quickjs-ng-wasmfile-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
} from "quickjs-emscripten-core";
import { quickJsBinary } from "./quickJsBinary.ts";

let loading: Promise<QuickJSWASMModule> | undefined;

/** The interpreter, loaded once: while the process waits for its job. */
export function quickJs(): Promise<QuickJSWASMModule> {
  loading ??= newQuickJSWASMModuleFromVariant(
    // Its types are those of a CommonJS module.
    newVariant(variant as unknown as QuickJSSyncVariant, { wasmBinary: quickJsBinary().slice().buffer as ArrayBuffer }),
  );
  return loading;
}
