import { PersonaError } from "@persona-protocol/sdk/errors";
import { pokeKeys } from "../../attestation/pokeKeys.ts";
import { jsonLine } from "../jsonLine.ts";
import { contractFlag, openSender, type SenderFlags } from "./chainFlags.ts";

/** `persona attest poke [SIGNER…]`: ends the keys whose platforms are not believed any more, or not so long. */
export async function attestPoke(
  given: readonly string[],
  flags: SenderFlags & { readonly registry: string; readonly fromBlock: string },
): Promise<void> {
  const registry = contractFlag(flags.registry, "--registry");
  const signers = given.map((text) => contractFlag(text, "a signer"));
  if (!/^\d{1,15}$/.test(flags.fromBlock))
    throw new PersonaError("USAGE", "--from-block takes a number.", { data: { got: flags.fromBlock } });
  const client = await openSender(flags, registry);
  const { asked, poked } = await pokeKeys(client, {
    registry,
    fromBlock: BigInt(flags.fromBlock),
    ...(signers.length === 0 ? {} : { signers }),
  });
  const time = (seconds: number) => (seconds === 0 ? "at once" : new Date(seconds * 1_000).toISOString());
  const lines = poked.map(({ signer, nodeId, from, to }) => `node ${nodeId}, ${signer}: ${time(from)} -> ${time(to)}`);
  process.stdout.write(
    flags.json
      ? jsonLine({ ok: true, asked, poked })
      : `${[...lines, `${asked} keys asked about, ${poked.length} ended sooner`].join("\n")}\n`,
  );
}
