import { dirname, resolve } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import {
  type BlobReader,
  type BlobStore,
  createBlobStore,
  createGatewayReader,
  type NamedStore,
  type SweepMedium,
} from "@persona-protocol/sdk/storage";
import { z } from "zod";
import { readJson } from "../config/readJson.ts";
import { createKuboStore } from "./kubo.ts";
import { createLocalIpfs } from "./localIpfs.ts";
import { localSweep } from "./localSweep.ts";

const path = z.string().min(1);
const name = z.string().regex(/^[\w-]{1,32}$/, "expected letters, digits, - and _");
const storeSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("local"), name, path }),
  z.strictObject({ kind: z.literal("kubo"), name, url: z.url() }),
  z.strictObject({
    kind: z.literal("s3"),
    name,
    bucket: z.string().min(1),
    prefix: z.string().default(""),
    region: z.string().default("us-east-1"),
    /** Of a server other than Amazon's. */
    endpoint: z.url().optional(),
    /** JSON with `accessKeyId` and `secretAccessKey`; without it the client looks where Amazon's tools do. */
    credentialsFile: path.optional(),
  }),
  z.strictObject({ kind: z.literal("gateway"), name, url: z.url() }),
]);
/** The file of `--stores`: where blobs are kept, and in how many places each. */
const storesSchema = z.strictObject({
  wanted: z.int().min(1),
  stores: z
    .array(storeSchema)
    .min(1)
    .max(16)
    .refine((list) => new Set(list.map((store) => store.name)).size === list.length, "two stores have one name"),
});
const credentialsSchema = z.strictObject({ accessKeyId: z.string().min(1), secretAccessKey: z.string().min(1) });

type StoreConfig = z.infer<typeof storeSchema>;

/** A store, and how its unpinned blocks are found; a Kubo daemon sees to that itself. */
export type OpenStore = NamedStore & { readonly sweep: SweepMedium | undefined };

type OpenStores = {
  readonly wanted: number;
  readonly stores: readonly OpenStore[];
  /** Gateways: read from, never written to. */
  readonly readers: readonly NamedStore<BlobReader>[];
};

/**
 * Opens the stores that a file names. One that cannot be opened is among them all the same, and fails when it is used: the
 * others are there for that.
 *
 * @throws PersonaError CONFIG_INVALID
 */
export async function openStores(file: string): Promise<OpenStores> {
  const parsed = storesSchema.safeParse(readJson(file));
  if (!parsed.success)
    throw new PersonaError("CONFIG_INVALID", `${file} does not name stores. ${z.prettifyError(parsed.error)}`);
  const here = (relative: string) => resolve(dirname(file), relative);
  const { wanted, stores } = parsed.data;
  const gateways = stores.filter((store) => store.kind === "gateway");
  const kept = stores.filter((store) => store.kind !== "gateway");
  if (wanted > kept.length) {
    throw new PersonaError("CONFIG_INVALID", "More copies are wanted than there are stores that can be written to.", {
      data: { wanted, stores: kept.map((store) => store.name).join(" ") },
    });
  }
  return {
    wanted,
    stores: await Promise.all(kept.map(async (store) => ({ name: store.name, ...(await open(store, here)) }))),
    readers: gateways.map((store) => ({ name: store.name, store: createGatewayReader({ url: store.url }) })),
  };
}

type Opened = Omit<OpenStore, "name">;

async function open(
  config: Exclude<StoreConfig, { kind: "gateway" }>,
  here: (path: string) => string,
): Promise<Opened> {
  switch (config.kind) {
    case "local": {
      const directory = here(config.path);
      return { store: await createLocalIpfs({ path: directory }).catch(unusable), sweep: localSweep(directory) };
    }
    case "kubo": {
      // Loaded where it is asked for: nobody else pays for it. So is the S3 client.
      const { create } = await import("kubo-rpc-client");
      return { store: createKuboStore(create({ url: config.url })), sweep: undefined };
    }
    case "s3":
      return openS3(config, here);
    default:
      return config satisfies never;
  }
}

async function openS3(
  { bucket, prefix, region, endpoint, credentialsFile }: Extract<StoreConfig, { kind: "s3" }>,
  here: (path: string) => string,
): Promise<Opened> {
  const credentials =
    credentialsFile === undefined ? undefined : credentialsSchema.safeParse(readJson(here(credentialsFile)));
  if (credentials?.success === false)
    throw new PersonaError("CONFIG_INVALID", `${credentialsFile} holds no S3 credentials.`);
  const [{ S3Client }, { createS3Store }, { s3Sweep }] = await Promise.all([
    import("@aws-sdk/client-s3"),
    import("./s3.ts"),
    import("./s3Sweep.ts"),
  ]);
  const client = new S3Client({
    region,
    ...(credentials === undefined ? {} : { credentials: credentials.data }),
    // Other servers than Amazon's have no host name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
  });
  return { store: createS3Store(client, { bucket, prefix }), sweep: s3Sweep(client, { bucket, prefix }) };
}

function unusable(error: unknown): BlobStore {
  const fail = async (): Promise<never> => {
    throw error;
  };
  return createBlobStore({ write: fail, read: fail, has: fail, pin: fail, unpin: fail, isPinned: fail });
}
