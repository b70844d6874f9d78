// Loaded before everything else (joinedModules.ts): who asks for a file that has been joined gets the joined one.
import { readFileSync } from "node:fs";
import * as module from "node:module";
import { join } from "node:path";

/** @type {Readonly<Record<string, string>>} */
const joined = {};
for (const folder of new URL(import.meta.url).searchParams.getAll("folder"))
  Object.assign(joined, JSON.parse(readFileSync(join(folder, "joined.json"), "utf8")));

// An older Node, which a test may start, loads everything as it lies.
module.registerHooks?.({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const url = joined[found.url];
    return url === undefined ? found : { url, format: "module", shortCircuit: true };
  },
});
