// Loaded before everything else (joinPackages.ts): who asks for a package's file gets the joined one.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";

const folder = new URL(import.meta.url).searchParams.get("folder") ?? "";
/** @type {Readonly<Record<string, string>>} */
const joined = JSON.parse(readFileSync(join(folder, "joined.json"), "utf8"));

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const url = joined[found.url];
    return url === undefined ? found : { url, format: "module", shortCircuit: true };
  },
});
