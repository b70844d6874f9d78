import { jsonLine } from "../jsonLine.ts";
import { printable } from "../runCommand.ts";
import { type AttestFlags, judgeFile } from "./judgeFile.ts";

const REJECTED = 2;

/** `persona attest verify FILE`: the verdict, on stdout and as exit code. */
export async function attestVerify(file: string, flags: AttestFlags): Promise<void> {
  const verdict = await judgeFile(file, flags);
  const { kind, verdict: word, status, advisories, fields } = verdict;
  const rule = verdict.verdict === "reject" ? verdict.rule : null;
  if (flags.json) process.stdout.write(jsonLine({ kind, verdict: word, status, advisories, rule, fields }));
  else {
    const why =
      verdict.verdict === "reject" ? `: ${verdict.rule}. ${verdict.detail}` : status === null ? "" : `: ${status}`;
    process.stdout.write(`${printable(`${word} ${kind}${why}`)}\n`);
  }
  if (verdict.verdict === "reject") process.exitCode = REJECTED;
}
