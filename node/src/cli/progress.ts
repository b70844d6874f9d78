import { printable as harmless } from "@persona-protocol/sdk/errors";
import yoctoSpinner from "yocto-spinner";
import { printable } from "./runCommand.ts";

type Step = {
  /** What is being done just now. */
  update(detail: string): void;
  done(result?: string): void;
  fail(): void;
};

export type Progress = { step(title: string): Step; note(text: string): void };

/** A spinner on a terminal, plain lines elsewhere, nothing when quiet. Everything goes to stderr: stdout is for results. */
export function createProgress({ quiet }: { readonly quiet: boolean }): Progress {
  if (quiet) return { step: () => ({ update() {}, done() {}, fail() {} }), note() {} };
  const terminal = process.stderr.isTTY === true;
  const write = (line: string) => process.stderr.write(`${printable(line)}\n`);
  return {
    note: write,
    step(title) {
      const from = performance.now();
      const took = () => `${((performance.now() - from) / 1_000).toFixed(1)} s`;
      const full = (result?: string) => `${title}${result === undefined ? "" : `: ${result}`} (${took()})`;
      if (!terminal) {
        write(`… ${title}`);
        return { update() {}, done: (result) => void write(`✔ ${full(result)}`), fail: () => void write(`✖ ${title}`) };
      }
      const spinner = yoctoSpinner({ text: title, stream: process.stderr }).start();
      return {
        update(detail) {
          // A name in an archive is a stranger's.
          spinner.text = harmless(`${title}: ${detail}`);
        },
        done: (result) => void spinner.success(harmless(full(result))),
        fail: () => void spinner.error(title),
      };
    },
  };
}
