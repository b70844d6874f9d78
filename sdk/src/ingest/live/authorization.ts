import type { Hex } from "viem";
import { z } from "zod";
import { KEM_PUBLIC_KEY_BYTES, randomBytes, type SealedBox, seal, sha256Hex } from "../../crypto/index.ts";
import { knowSourceErrors, PersonaError } from "../../errors/index.ts";
import { decodeCbor, encodeCbor } from "../../storage/index.ts";
import { type IngestEnclave, ingestInfo } from "./ingestEnclave.ts";

const text = (max: number) => z.string().min(1).max(max);
const httpsUrl = z
  .string()
  .max(2_048)
  .refine((url) => {
    const parsed = URL.parse(url);
    return parsed?.protocol === "https:" && parsed.username === "" && parsed.password === "" && parsed.hash === "";
  }, "not an https address");

const serverSchema = z.strictObject({
  issuer: httpsUrl,
  authorization_endpoint: httpsUrl.optional(),
  token_endpoint: httpsUrl,
  device_authorization_endpoint: httpsUrl.optional(),
  revocation_endpoint: httpsUrl.optional(),
  dpop_signing_alg_values_supported: z.array(text(16)).max(32).readonly().optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
  publicClient: z.enum(["none", "basic"]).optional(),
  extraParameters: z.record(text(64), text(256)).optional(),
});

const grantSchema = z.discriminatedUnion("kind", [
  /** What came back to the browser, whole, and what only the person's device knew. */
  z.strictObject({
    kind: z.literal("code"),
    callback: text(8_192),
    state: text(256),
    verifier: z.string().min(43).max(128),
    redirectUri: text(2_048),
  }),
  /** The enclave asks for a code that the person types in elsewhere. */
  z.strictObject({ kind: z.literal("device") }),
  /** For mailboxes without OAuth: a password made for this application. */
  z.strictObject({ kind: z.literal("password"), password: text(1_024) }),
]);

const mailboxSchema = z.strictObject({
  host: z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?$/, "not the name of a host"),
  port: z.number().int().min(1).max(65_535),
  user: text(320),
  /** TLS from the first byte, or STARTTLS, without which nothing is sent. */
  security: z.enum(["tls", "starttls"]),
});

/**
 * What a person's device hands over to an ingest enclave, sealed: with it the enclave obtains tokens that nobody else sees.
 */
const authorizationSchema = z.strictObject({
  v: z.literal(1),
  /** 32 random bytes: nobody can guess this message from its digest. */
  nonce: z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 32, "not 32 bytes"),
  source: text(64),
  /** Null for a mailbox with a password. */
  server: serverSchema.nullable(),
  client: z.strictObject({ id: text(512), secret: text(1_024).nullable() }).nullable(),
  scopes: z.array(text(256)).max(64),
  grant: grantSchema,
  mailbox: mailboxSchema.nullable(),
  /** Key of whom everything that is fetched is sealed to, 1,216 bytes. */
  recipient: z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.length === KEM_PUBLIC_KEY_BYTES,
    "not an HPKE key",
  ),
});

export type SourceAuthorization = z.infer<typeof authorizationSchema>;

export type SealedAuthorization = SealedBox & {
  /** Digest of what is inside: statements of origin name it, so that its maker knows whose account was read. */
  readonly id: Hex;
};

/**
 * Seals an authorization to an enclave whose evidence was checked.
 *
 * @throws CONFIG_INVALID for one that no enclave would take
 */
export async function sealAuthorization(
  enclave: IngestEnclave,
  authorization: Omit<SourceAuthorization, "v" | "nonce">,
): Promise<SealedAuthorization> {
  const parsed = authorizationSchema.safeParse({ v: 1, nonce: randomBytes(32), ...authorization });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new PersonaError("CONFIG_INVALID", "The authorization of a source is not valid.", {
      data: { field: issue?.path.join(".") ?? "", problem: issue?.message ?? "" },
    });
  }
  const plaintext = encodeCbor(withoutUndefined(parsed.data));
  const box = await seal({
    publicKey: enclave.kemKey,
    info: ingestInfo("authorization", enclave),
    plaintext,
  });
  return { ...box, id: sha256Hex(plaintext) };
}

/** What an enclave finds in one it has opened. @throws SOURCE_AUTH_INVALID */
export function parseAuthorization(plaintext: Uint8Array): SourceAuthorization & { readonly id: Hex } {
  knowSourceErrors();
  const parsed = decodeCbor(plaintext, {
    schema: authorizationSchema,
    maxBytes: 65_536,
    code: "SOURCE_AUTH_INVALID",
    what: "sealed authorization",
  });
  return { ...parsed, id: sha256Hex(plaintext) };
}

/** DAG-CBOR has no undefined. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => (item === undefined ? [] : [[name, withoutUndefined(item)]])),
  );
}
