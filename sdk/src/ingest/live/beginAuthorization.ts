import { randomBytes, sha256 } from "../../crypto/index.ts";
import { PersonaError } from "../../errors/index.ts";
import type { OAuthProvider } from "./oauthProviders.ts";

/** What a device keeps between sending its person to a service and their return. */
export type BegunAuthorization = {
  /** Where the person gives their consent. */
  readonly url: string;
  /** Secret until the enclave has it (PKCE, RFC 7636). */
  readonly verifier: string;
  readonly state: string;
};

/**
 * The address at which a person gives consent, by authorization code with PKCE (S256 alone). Verifier and state are made here and
 * go, with what comes back, sealed to the enclave: `sealAuthorization`.
 *
 * @throws CONFIG_INVALID when the service has no such page
 */
export function beginAuthorization(parameters: {
  readonly provider: OAuthProvider;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
}): BegunAuthorization {
  const { provider, clientId, redirectUri, scopes } = parameters;
  if (provider.authorization_endpoint === undefined) {
    throw new PersonaError("CONFIG_INVALID", "This service has no page for consent: use its device code.");
  }
  const verifier = base64Url(randomBytes(32));
  const state = base64Url(randomBytes(32));
  const url = new URL(provider.authorization_endpoint);
  const query = {
    ...provider.extraParameters,
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: scopes.join(" "),
    state,
    code_challenge: base64Url(sha256(new TextEncoder().encode(verifier))),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return { url: url.href, verifier, state };
}

function base64Url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
