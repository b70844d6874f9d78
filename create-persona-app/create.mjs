#!/usr/bin/env node
// npm create persona-app DIR: writes the template into a new folder. No dependencies, so that it runs at once wherever Node does.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const usage = `npm create persona-app DIR -- [--network URL] [--sdk SPEC]

  DIR             a new folder, or an empty one
  --network URL   where \`persona dev\` serves pages ("pages" in what it prints), such as http://127.0.0.1:8546
  --sdk SPEC      another SDK than the published one: a version, or a tarball
`;

/** @param {string} why */
function refuse(why) {
  process.stderr.write(`${why}\n\n${usage}`);
  process.exitCode = 1;
}

/** @param {string[]} args */
function main(args) {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: { network: { type: "string" }, sdk: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = parsed;
  if (values.help === true) return void process.stdout.write(usage);
  const [target] = positionals;
  if (target === undefined || positionals.length !== 1) return refuse("Say where: one folder.");
  const folder = resolve(target);
  const name = basename(folder).toLowerCase();
  if (!/^[a-z0-9][a-z0-9._-]{0,100}$/.test(name))
    return refuse(
      "The folder's name becomes the package's: letters, digits, dots, - and _, beginning with a letter or digit.",
    );
  if (existsSync(folder) && readdirSync(folder).length > 0) return refuse(`${folder} is not empty.`);
  const network = values.network ?? "http://127.0.0.1:8546";
  if (!/^https?:\/\/[\w.:[\]-]+$/.test(network))
    return refuse("--network takes an http or https address without a path.");

  mkdirSync(folder, { recursive: true });
  cpSync(fileURLToPath(new URL("template", import.meta.url)), folder, { recursive: true });
  // npm packs no file of this name.
  renameSync(join(folder, "_gitignore"), join(folder, ".gitignore"));
  const path = join(folder, "package.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  manifest.name = name;
  if (values.sdk !== undefined) manifest.dependencies["@persona-protocol/sdk"] = values.sdk;
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(folder, ".env.local"), `VITE_PERSONA_NETWORK=${network}\n`);
  process.stdout.write(`${folder}\n\n  cd ${target}\n  npm install\n  npm run dev\n`);
}

main(process.argv.slice(2));
