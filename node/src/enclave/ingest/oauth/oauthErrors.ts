import { isPersonaError, type PersonaError, sourceError } from "@persona-protocol/sdk/errors";
import { AuthorizationResponseError, ResponseBodyError, WWWAuthenticateChallengeError } from "oauth4webapi";

/** What was under way when a server refused. */
export type OAuthStep = "callback" | "code" | "device" | "poll" | "refresh" | "revoke";

/**
 * A failure at an authorization server as an error of the table. Of the server's words only its error code is repeated, which the
 * standards fix; descriptions may hold anything.
 */
export function oauthErrorOf(error: unknown, step: OAuthStep): PersonaError {
  if (isPersonaError(error)) return error;
  const rule = ruleOf(error);
  const options = { data: { step, ...(rule === undefined ? {} : { rule }) }, cause: error };
  const status = statusOf(error);
  if (status === 429)
    return sourceError("SOURCE_RATE_LIMITED", "The authorization server limits how often it is asked.", options);
  if (status !== undefined && status >= 500) {
    return sourceError("SOURCE_UNAVAILABLE", "The authorization server fails.", options);
  }
  switch (rule) {
    case "authorization_pending":
    case "slow_down":
      return sourceError("SOURCE_AUTH_PENDING", "The person has not confirmed the code yet.", options);
    case "temporarily_unavailable":
    case "server_error":
      return sourceError("SOURCE_UNAVAILABLE", "The authorization server cannot answer now.", options);
  }
  // Every refusal of a refresh token but these is for good: the token is not what the server knows.
  if (step === "refresh" && (rule === "invalid_grant" || rule === "unauthorized_client" || rule === "invalid_token")) {
    return sourceError("SOURCE_CONSENT_ENDED", "The service takes the refresh token no more.", options);
  }
  return sourceError(
    "SOURCE_AUTH_INVALID",
    rule === "access_denied"
      ? "The person has refused their consent."
      : "The authorization server does not take the authorization.",
    options,
  );
}

/** An error code as RFC 6749 and its kin write them: no text of the server's own choosing. */
function ruleOf(error: unknown): string | undefined {
  let code: unknown;
  if (error instanceof ResponseBodyError || error instanceof AuthorizationResponseError) code = error.error;
  else if (error instanceof WWWAuthenticateChallengeError) code = error.cause[0]?.parameters.error;
  else if (error instanceof Error && "code" in error) code = error.code;
  return typeof code === "string" && /^[A-Za-z_]{1,64}$/.test(code) ? code : undefined;
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof ResponseBodyError || error instanceof WWWAuthenticateChallengeError) return error.status;
  // The library's word for an answer that is none of its kinds.
  const { cause } = error instanceof Error ? error : { cause: undefined };
  return cause instanceof Response ? cause.status : undefined;
}
