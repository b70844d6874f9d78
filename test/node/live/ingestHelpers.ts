import { generateKemKeyPair, type KemKeyPair } from "@persona-protocol/sdk/crypto";
import {
  beginAuthorization,
  type OAuthProvider,
  oauthProviders,
  type SealedAuthorization,
  type SourceAuthorization,
  sealAuthorization,
} from "@persona-protocol/sdk/ingest/live";
import type { Hex } from "viem";
import { type IngestHost, type IngestHostOptions, startIngest } from "../../../node/src/enclave/ingestHost.ts";
import { detectIsolation } from "../../../node/src/enclave/runtime/isolation.ts";
import type { TestAuthorizationServer } from "../../helpers/oauth/authorizationServer.ts";

const clientId = "persona-test";
const redirectUri = "https://app.example/callback";
export const scopes = ["repo", "read:user"];
/** GitHub's server as this build knows it, and an address for revocation that the test's server has. */
export const server: OAuthProvider = {
  ...oauthProviders.github,
  revocation_endpoint: "https://github.com/login/oauth/revoke",
};

export type TestIngest = IngestHost & {
  /** The newest box of each session, as the host wrote it down when the enclave asked. */
  readonly kept: Map<Hex, { readonly generation: number; readonly box: Uint8Array }>;
  /** Lines of the enclave's stderr. */
  readonly lines: string[];
};

/** An ingest enclave whose host routes GitHub's names to the test's server. */
export async function startTestIngest(
  service: Pick<TestAuthorizationServer, "port" | "authority">,
  more: Partial<IngestHostOptions> = {},
): Promise<TestIngest> {
  const kept: TestIngest["kept"] = new Map();
  const lines: string[] = [];
  const host = await startIngest({
    isolation: detectIsolation(),
    roots: [service.authority.root],
    route: () => ({ host: "127.0.0.1", port: service.port }),
    async keep(session, generation, box) {
      if (generation > (kept.get(session)?.generation ?? 0)) kept.set(session, { generation, box });
    },
    log: (line) => lines.push(line),
    ...more,
  });
  return { ...host, kept, lines };
}

export type Person = { readonly keys: KemKeyPair };
export const newPerson = async (): Promise<Person> => ({ keys: await generateKemKeyPair() });

/** What a person's device seals, as the SDK makes it. */
export function sealFor(
  { enclave }: Pick<IngestHost, "enclave">,
  { keys }: Person,
  grant: SourceAuthorization["grant"],
  more: Partial<SourceAuthorization> = {},
): Promise<SealedAuthorization> {
  return sealAuthorization(enclave, {
    source: "github",
    server,
    client: { id: clientId, secret: null },
    scopes,
    grant,
    mailbox: null,
    recipient: keys.publicKey,
    ...more,
  });
}

/** Consent in the browser, and the code as it comes back. */
export async function consentTo(
  service: TestAuthorizationServer,
  consent?: string,
): Promise<Extract<SourceAuthorization["grant"], { kind: "code" }>> {
  const begun = beginAuthorization({ provider: server, clientId, redirectUri, scopes });
  const callback = await service.browse(begun.url, consent);
  return { kind: "code", callback, state: begun.state, verifier: begun.verifier, redirectUri };
}
