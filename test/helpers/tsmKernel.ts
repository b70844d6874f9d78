/** A folder that behaves as the kernel's configfs-tsm does: real files in a temporary folder, and between calls the kernel. */
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeTsmFiles, type TsmFiles } from "../../node/src/enclave/evidence/tsmFiles.ts";

export class Errno extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export type TsmKernel = {
  readonly root: string;
  readonly files: TsmFiles;
  /** Every attribute written, with its bytes, in order. */
  readonly written: { readonly name: string; readonly bytes: Uint8Array }[];
  /** How many reports there are now. */
  reports(): Promise<number>;
  close(): void;
};

/**
 * @param options.outblob made of the inblob at the first read, as the kernel does
 * @param options.before called before each operation; what it throws is what the kernel answers. It may write to the files.
 */
export function tsmKernel(options: {
  readonly provider: string;
  readonly outblob: (inblob: Uint8Array) => Uint8Array;
  readonly auxblob?: Uint8Array;
  readonly floor?: string;
  readonly generation?: bigint;
  readonly before?: (
    operation: "mkdir" | "read" | "write" | "rmdir",
    name: string,
    kernel: { bump(): Promise<void> },
  ) => Promise<void> | void;
}): TsmKernel {
  const root = mkdtempSync(join(tmpdir(), "persona-tsm-"));
  const written: { name: string; bytes: Uint8Array }[] = [];
  const { before = () => {}, generation = 7n } = options;
  const split = (path: string) => {
    const at = path.lastIndexOf("/");
    return { place: path.slice(0, at), name: path.slice(at + 1) };
  };
  const bumpAt = async (place: string) => {
    const now = BigInt((await readFile(join(place, "generation"), "utf8")).trim());
    await writeFile(join(place, "generation"), `${BigInt.asUintN(64, now + 1n)}\n`);
  };
  const control = (place: string) => ({ bump: () => bumpAt(place) });
  const files: TsmFiles = {
    async mkdir(path) {
      await before("mkdir", "", control(path));
      await mkdir(path);
      await writeFile(join(path, "provider"), `${options.provider}\n`);
      await writeFile(join(path, "generation"), `${generation}\n`);
      await writeFile(join(path, "inblob"), "");
      if (options.provider !== "sev_guest") return;
      await writeFile(join(path, "privlevel"), "");
      await writeFile(join(path, "privlevel_floor"), `${options.floor ?? "0"}\n`);
      await writeFile(join(path, "auxblob"), options.auxblob ?? new Uint8Array());
    },
    async write(path, bytes) {
      const { place, name } = split(path);
      await before("write", name, control(place));
      await nodeTsmFiles.write(path, bytes);
      written.push({ name, bytes });
      await bumpAt(place);
    },
    async read(path, maxBytes) {
      const { place, name } = split(path);
      if (name === "outblob") await writeFile(path, options.outblob(await readFile(join(place, "inblob"))));
      await before("read", name, control(place));
      return nodeTsmFiles.read(path, maxBytes);
    },
    async rmdir(path) {
      await before("rmdir", "", control(path));
      // configfs takes its attributes with it.
      await rm(path, { recursive: true });
    },
  };
  return {
    root,
    files,
    written,
    reports: async () => (await readdir(root)).length,
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}
