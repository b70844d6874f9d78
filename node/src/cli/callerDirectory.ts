import { resolve } from "node:path";
import { repositoryRoot } from "../dev/repositoryRoot.ts";

/** npm runs a script in the package's folder; the files a person names are seen from where they called it. */
export function enterCallerDirectory(): void {
  const { npm_lifecycle_event: script, INIT_CWD: caller } = process.env;
  if (script !== undefined && caller !== undefined && process.cwd() === resolve(repositoryRoot)) process.chdir(caller);
}
