import { decodeAccessRequest, encodeGrantPackage, type GrantPackage, type PersonaClient } from "@persona-protocol/sdk";
import type { Dataset } from "@persona-protocol/sdk/access";
import { createChainView } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { isAddressEqual } from "viem";
import { confirm } from "../ask.ts";
import { readDatasetRecord } from "../datasetRecord.ts";
import { requireNewFile, writeNewFile } from "../files.ts";
import { openPersona, type PersonaFlags, readLetters } from "../openPersona.ts";
import { parseAmount, parseList, parseWhole } from "../parse.ts";
import { readProgram } from "../program/programFile.ts";
import { parseAddress } from "../recovery/recoveryFlags.ts";
import { show } from "../show.ts";

type Flags = PersonaFlags & {
  readonly to?: string;
  readonly program?: string;
  readonly segments?: string;
  readonly uses?: string;
  readonly expiresIn?: string;
  readonly price?: string;
  readonly maxAge?: string;
  readonly request?: string;
  readonly sign?: boolean;
  readonly yes?: boolean;
  readonly out: string;
};

const maxRequestLetters = 160 * 1_024;

/** `persona grant RECORD`: lets an account run one program on chosen segments, by a transaction or by a signature. */
export async function grant(record: string, flags: Flags): Promise<void> {
  await requireNewFile(flags.out);
  const { dataset } = await readDatasetRecord(record);
  const persona = await openPersona(flags);
  await requireGrantable(persona, dataset);
  const age = flags.maxAge === undefined ? {} : { maxAge: flags.maxAge };
  const wanted = {
    dataset,
    ...age,
    ...(flags.request === undefined ? await named(flags) : await asked(persona, flags)),
  };
  const granted: GrantPackage & { readonly hash?: string } =
    flags.sign === true ? await persona.signGrant(wanted) : await persona.grantAndWait(wanted);
  await writeNewFile(flags.out, encodeGrantPackage(granted));
  const { grantee, maxUses, expiresAt } = granted.terms;
  show(flags.json, { grantee, uses: maxUses, expiresAt, file: flags.out, transaction: granted.hash ?? null }, [
    `granted to ${grantee}: ${maxUses} uses, until ${new Date(expiresAt * 1_000).toISOString()}`,
    `${flags.sign === true ? "signed, no gas paid" : `in transaction ${granted.hash}`}; hand over ${flags.out}, which holds no key`,
  ]);
}

/** A signature costs nothing and asks nobody: without this it would be handed over for what no guardian opens any more. */
async function requireGrantable({ client, deployment }: PersonaClient, { datasetId }: Dataset): Promise<void> {
  const chain = createChainView(client, deployment);
  const { status, owner } = await chain.dataset(datasetId, (await chain.block("latest")).number);
  const data = { datasetId };
  if (status === "none") throw new PersonaError("DATASET_UNKNOWN", "The registry has no such dataset.", { data });
  if (status === "erased") throw new PersonaError("DATASET_ERASED", "The dataset is erased.", { data });
  if (status === "erasing")
    throw new PersonaError("DATASET_ERASED", "The dataset is being erased: persona erase --restore takes it back.", {
      data,
    });
  const { address } = client.account;
  if (!isAddressEqual(owner, address))
    throw new PersonaError("OWNER_MISMATCH", "Another account owns the dataset.", {
      data: { ...data, owner, account: address },
    });
}

async function named(flags: Flags) {
  const { to, program, segments, uses = "1", expiresIn = "30d" } = flags;
  if (to === undefined || program === undefined || segments === undefined)
    throw new PersonaError("USAGE", "Say --to, --program and --segments, or --request with what a dApp has sent.");
  return {
    to: parseAddress(to, "--to"),
    program: (await readProgram(program)).manifest,
    segments: parseList(segments),
    uses: parseWhole(uses, "--uses", 1, 2 ** 32 - 1),
    expiresIn,
    price: parseAmount(flags.price ?? "0", "--price"),
  };
}

/** What the request says is shown before it is granted: its words are a stranger's. */
async function asked(persona: PersonaClient, flags: Flags) {
  const letters = await readLetters(flags.request ?? "", maxRequestLetters);
  const { text } = await persona.readAccessRequest(letters);
  process.stderr.write(`${text}\n`);
  await confirm("This is what would be granted.", flags);
  return { request: decodeAccessRequest(letters).request };
}
