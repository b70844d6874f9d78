export { mailRecords, maxMailBytes } from "../mail/mailRecords.ts";
export { mailSegments } from "../mail/mailSegments.ts";
export {
  parseAuthorization,
  type SealedAuthorization,
  type SourceAuthorization,
  sealAuthorization,
} from "./authorization.ts";
export { type BegunAuthorization, beginAuthorization } from "./beginAuthorization.ts";
export { type DeliveredPart, type Delivery, deliveryIndexOf, openDelivery, sealDelivery } from "./delivery.ts";
export { readCursor, writeCursor } from "./http/cursorText.ts";
export { type IngestEnclave, ingestInfo, ingestReportData } from "./ingestEnclave.ts";
export { defaultLiveLimits } from "./liveLimits.ts";
export {
  type HttpSession,
  type LiveCursor,
  type LiveDeletion,
  type LiveFetchOptions,
  type LiveItem,
  type LiveLimits,
  type LiveMark,
  type LiveRequest,
  type LiveResponse,
  type LiveSource,
  maxCursorLength,
} from "./liveSource.ts";
export { liveSources } from "./liveSources.ts";
export { createMailBook, type MailBook } from "./mailBook.ts";
export {
  type AuthorizationServer,
  type OAuthProvider,
  type OAuthProviderName,
  oauthProviders,
  providerOfSource,
} from "./oauthProviders.ts";
export { encodeOrigin, type OriginStatement, originDigest, readOrigin, type SignedOrigin } from "./origin.ts";
export { type LiveRun, runLiveSource } from "./runLiveSource.ts";
export { joinRecords, type RecordPart, selectRecords } from "./selectRecords.ts";
export { derOfPem, rootsDigestOf, trustedRoots } from "./trustedRoots.ts";
