// npm run -s bench -- NAME [--json] [options of the bench]: measures one thing. With --json the last line is one JSON object.
import { globSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type Bench, BenchUnknownError, isBench } from "./bench.ts";
import { formatTable } from "./formatTable.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));

/** Files beside this one that are not benches. */
const NOT_BENCHES = new Set(["main", "bench", "cpuTime", "formatTable"]);

try {
  await main();
} catch (error) {
  if (!(error instanceof BenchUnknownError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  // The options are known when the bench is, so its name comes before their values.
  const bench = await loadBench(process.argv.slice(2).find((argument) => !argument.startsWith("-")));
  const { values } = parseArgs({
    options: { ...bench.options, json: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const result = await bench.run({ log: (line) => process.stderr.write(`${line}\n`), values });
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : formatTable(result));
}

/** A bench is a file: nothing has to be registered, and one bench's dependencies are not loaded for another. */
async function loadBench(name: string | undefined): Promise<Bench> {
  const files = new Map(
    globSync("*.ts", { cwd: folder })
      .sort()
      .map((file) => [basename(file, ".ts"), file] as const)
      .filter(([known]) => !NOT_BENCHES.has(known)),
  );
  const file = name === undefined ? undefined : files.get(name);
  if (file === undefined) throw new BenchUnknownError(name, [...files.keys()]);
  const module: unknown = await import(pathToFileURL(`${folder}${file}`).href);
  if (!isBench(module)) throw new Error(`bench/${file} exports no function \`run\`.`);
  return module;
}
