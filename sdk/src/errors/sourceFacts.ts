// Generated from errorTable.ts by `npm run docs`. Do not edit.
import type { SourceErrorCode } from "./errorTable.ts";

export const sourceFacts: Readonly<Record<SourceErrorCode, readonly [exit: 1 | 2 | 75, fix: string]>> = {
  SOURCE_AUTH_INVALID: [2, "Ask the person for their consent again, from the beginning; a code counts once and for minutes. See the rule in the message."],
  SOURCE_AUTH_PENDING: [75, "Show them the address and the code, and ask again after the interval."],
  SOURCE_CONSENT_ENDED: [2, "The source is paused. Ask the person for their consent again; if they know nothing of it, look who else has had the tokens."],
  SOURCE_REFUSED: [2, "Look which scope is missing and ask for consent with it, or leave that segment out."],
  SOURCE_RATE_LIMITED: [75, "Run the source again after `retryAt`; what came before is kept."],
  SOURCE_UNAVAILABLE: [75, "Run the source again later; it goes on where it stood."],
  SOURCE_ANSWER_INVALID: [1, "Nothing of the answer was taken. Try again; if it stays so its interface has changed, and this version does not know it."],
  SOURCE_HOST_REFUSED: [1, "A redirect or a link of the service led elsewhere. Report it: only hosts that the source names are ever asked."],
  SOURCE_CERTIFICATE_INVALID: [1, "Somebody may stand between, or the enclave's roots are too old: upgrade the node. Nothing was sent."],
  SOURCE_UNKNOWN: [1, "Take an id of docs/live-sources.md. A session belongs to the build that made it: after an upgrade ask for consent again."],
  SOURCE_RUNNING: [75, "Wait for it: tokens are never renewed twice at once."],
  ORIGIN_INVALID: [1, "Do not rely on it; fetch again."],
};
