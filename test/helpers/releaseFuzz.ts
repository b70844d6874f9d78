/** Mutated release requests against a real guardian. Nothing of it is about what a request means: no mutation may be answered. */

import { decode } from "@ipld/dag-cbor";
import { decodeReleaseAnswer } from "@persona-protocol/sdk/access";
import type { BuiltJob } from "@persona-protocol/sdk/compute";
import { equalBytes } from "@persona-protocol/sdk/crypto";
import { codeOfReason } from "@persona-protocol/sdk/errors";
import { post, releaseBody, type Scene } from "./guardianScene.ts";
import { createRandom, mutate } from "./random.ts";

export type FuzzResult = {
  /** How often each answer came: `released`, a refusal's code, or the code of an error. */
  readonly answers: ReadonlyMap<string, number>;
  /** Mutations that were released although they are not the request: there must be none. */
  readonly accepted: readonly string[];
};

/** Runs under way at once: below what the server takes of one address. */
const width = 6;

/** @param runs how many mutations; the same seed gives the same ones */
export async function fuzzReleaseRequests(
  scene: Scene,
  job: BuiltJob,
  options: { readonly runs: number; readonly seed: number },
): Promise<FuzzResult> {
  const random = createRandom(options.seed);
  const good = await releaseBody(scene, job);
  const answers = new Map<string, number>();
  const accepted: string[] = [];
  let left = options.runs;
  const one = async (): Promise<void> => {
    let body = mutate(good, random);
    while (random.integer(4) === 0) body = mutate(body, random);
    if (equalBytes(body, good)) return;
    const { status, body: answer } = await post(scene, "/release", body);
    const code = outcomeOf(status, answer);
    if (code === "RATE_LIMITED") {
      // The limit is the guardian's right; the mutation has not been looked at, and does not count.
      await new Promise((resolve) => setTimeout(resolve, 250));
      return;
    }
    left -= 1;
    answers.set(code, (answers.get(code) ?? 0) + 1);
    if (code === "released") accepted.push(Buffer.from(body).toString("hex"));
  };
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (left > 0) await one();
    }),
  );
  return { answers, accepted };
}

function outcomeOf(status: number, body: Uint8Array): string {
  if (status !== 200) return (decode(body) as { code: string }).code;
  const answer = decodeReleaseAnswer(body);
  return answer.status === "released" ? "released" : (codeOfReason(answer.refusal.reason) ?? "unknown");
}
