/**
 * An OAuth authorization server as RFC 8414 describes one. Only what is named here is asked; endpoints are https.
 */
export type AuthorizationServer = {
  readonly issuer: string;
  readonly authorization_endpoint?: string | undefined;
  readonly token_endpoint: string;
  readonly device_authorization_endpoint?: string | undefined;
  readonly revocation_endpoint?: string | undefined;
  /** Offers DPoP (RFC 9449) with one of these algorithms: tokens are then bound to a key that the enclave makes. */
  readonly dpop_signing_alg_values_supported?: readonly string[] | undefined;
  /** The answer to the browser names the issuer (RFC 9207), and must. */
  readonly authorization_response_iss_parameter_supported?: boolean | undefined;
};

export type OAuthProvider = AuthorizationServer & {
  /** How a client without a secret says who it is: in the body, or as Basic with an empty password. */
  readonly publicClient?: "none" | "basic" | undefined;
  /** Parameters without which it gives no refresh token. */
  readonly extraParameters?: Readonly<Record<string, string>> | undefined;
};

/** The services' own, as they document them. None of them offers DPoP at present; a server of one's own may. */
export const oauthProviders = {
  github: {
    issuer: "https://github.com",
    authorization_endpoint: "https://github.com/login/oauth/authorize",
    token_endpoint: "https://github.com/login/oauth/access_token",
    device_authorization_endpoint: "https://github.com/login/device/code",
  },
  google: {
    issuer: "https://accounts.google.com",
    authorization_endpoint: "https://accounts.google.com/o/oauth2/v2/auth",
    token_endpoint: "https://oauth2.googleapis.com/token",
    device_authorization_endpoint: "https://oauth2.googleapis.com/device/code",
    revocation_endpoint: "https://oauth2.googleapis.com/revoke",
    extraParameters: { access_type: "offline", prompt: "consent" },
  },
  x: {
    issuer: "https://x.com",
    authorization_endpoint: "https://x.com/i/oauth2/authorize",
    token_endpoint: "https://api.x.com/2/oauth2/token",
    revocation_endpoint: "https://api.x.com/2/oauth2/revoke",
  },
  discord: {
    issuer: "https://discord.com",
    authorization_endpoint: "https://discord.com/oauth2/authorize",
    token_endpoint: "https://discord.com/api/oauth2/token",
    revocation_endpoint: "https://discord.com/api/oauth2/token/revoke",
  },
  spotify: {
    issuer: "https://accounts.spotify.com",
    authorization_endpoint: "https://accounts.spotify.com/authorize",
    token_endpoint: "https://accounts.spotify.com/api/token",
  },
  reddit: {
    issuer: "https://www.reddit.com",
    authorization_endpoint: "https://www.reddit.com/api/v1/authorize",
    token_endpoint: "https://www.reddit.com/api/v1/access_token",
    revocation_endpoint: "https://www.reddit.com/api/v1/revoke_token",
    publicClient: "basic",
    extraParameters: { duration: "permanent" },
  },
} as const satisfies Readonly<Record<string, OAuthProvider>>;

export type OAuthProviderName = keyof typeof oauthProviders;

/** Which of them a source asks for consent. */
export const providerOfSource: Readonly<Record<string, OAuthProviderName>> = {
  github: "github",
  "google-gmail": "google",
  "google-calendar": "google",
  "google-youtube": "google",
  x: "x",
  discord: "discord",
  spotify: "spotify",
  reddit: "reddit",
};
