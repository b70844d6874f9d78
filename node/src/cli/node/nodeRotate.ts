import { rotateGuardianKey } from "../../access/rotateGuardianKey.ts";
import { createContext } from "../../context.ts";
import { jsonLine } from "../jsonLine.ts";
import { type ConfigOptions, configOf } from "./configOf.ts";

/** `persona node rotate`: the next period's key for a stopped guardian. */
export async function nodeRotate(options: ConfigOptions & { readonly json: boolean }): Promise<void> {
  const context = await createContext(configOf(options).config);
  const rotation = await rotateGuardianKey(context).finally(() => context.chain.close());
  const { nodeId, from, to, resealed, destroyed, damaged } = rotation;
  process.stdout.write(
    options.json
      ? jsonLine({ ok: true, ...rotation })
      : `guardian ${nodeId}: key ${from} is destroyed, ${to} takes its place\n${resealed} deposits moved on, ${destroyed} ended, ${damaged} were damaged\n`,
  );
}
