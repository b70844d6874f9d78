import type { BridgeContext, ImportProgress, RawItem, SegmentDefinition } from "../connector.ts";
import type { ImportLimits } from "../limits.ts";

/** One request to a service. No credentials: whoever carries it out adds them. */
export type LiveRequest = {
  readonly method?: "GET" | "POST";
  /** Absolute, https, on one of {@link LiveSource.hosts}: anything else is refused, wherever it came from. */
  readonly url: string;
  /** Its path with placeholders, for the statement of origin: `/repos/{owner}/{repo}/issues`. Names of query parameters are added. */
  readonly shape: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type LiveResponse = {
  readonly status: number;
  /** The value of a response header, by its name in lower case; several are joined by `, `. */
  header(name: string): string | null;
  /** The whole body, decoded, within the session's limit. */
  readonly body: Uint8Array;
};

/**
 * How a source reaches its service with one account's consent. Inside the ingest enclave it is TLS that ends there, with tokens that
 * are nowhere else; in a test, whatever answers.
 */
export type HttpSession = {
  /**
   * Answers of any status. Redirects are not followed; neither 401 (a token that could not be renewed), 403, 429 nor 5xx is thrown.
   *
   * Errors: `SOURCE_HOST_REFUSED`, `SOURCE_UNAVAILABLE` (no connection, no answer in time), `SOURCE_ANSWER_INVALID` (more
   * bytes than the limit, not HTTP), `SOURCE_CONSENT_ENDED` (the token cannot be renewed), `CANCELLED`.
   */
  request(request: LiveRequest, options?: { readonly signal?: AbortSignal | undefined }): Promise<LiveResponse>;
  /** Unix time in milliseconds. */
  now(): number;
  /** Resolves after so many milliseconds. Errors: `CANCELLED`. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
};

/**
 * Where a source stands: its own text, of at most {@link maxCursorLength} characters, to be handed back as it is. It holds ids and
 * times, which are the person's, and no credentials. Long where a service does not say what is gone: then it lists what was there.
 */
export type LiveCursor = string;

export const maxCursorLength = 16 * 2 ** 20;

/** Everything that the items before it stand for is complete: a run that ends after it may go on from here. */
export type LiveMark = { readonly cursor: LiveCursor };

/**
 * A record that a dataset may hold and that is no more. When the same run gives a record of this id after it, it was changed:
 * drop the old one and take the new one.
 */
export type LiveDeletion = {
  readonly segment: string;
  /** The record's key in its schema, as the connector for files makes it. */
  readonly deletion: string;
};

export type LiveItem = RawItem | LiveMark | LiveDeletion;

/** What one run may use at most, in addition to {@link ImportLimits}. */
export type LiveLimits = ImportLimits & {
  /** Requests, repeats after errors included. */
  readonly maxRequests: number;
  /** Pages of one list. */
  readonly maxPages: number;
  /** Bytes of one answer. */
  readonly maxAnswerBytes: number;
  /** Longest wait that a service's Retry-After is followed for within a run, milliseconds; a longer one ends the run. */
  readonly maxWaitMs: number;
};

export type LiveFetchOptions = BridgeContext & {
  readonly limits: LiveLimits;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
};

/**
 * An account of a service, read through its documented interface. It ends in the schemas, segments and ids of a connector for
 * files, so that an archive and the account of one person merge.
 */
export type LiveSource<Session = HttpSession> = {
  readonly id: string;
  /** Id of the connector for files whose segments and ids these are. */
  readonly connector: string;
  /** That connector's own list, the same object: index for index its catalogue. */
  readonly segments: readonly SegmentDefinition[];
  /** Hosts of its interface, in lower case, with the port where it is not 443. Nothing else is ever asked. */
  readonly hosts: readonly string[];
  /** Scopes of OAuth without which it cannot read all of its segments. */
  readonly scopes: readonly string[];
  /**
   * What is new, changed or gone since `cursor`, or everything that the service gives when there is none. Ends after a last
   * {@link LiveMark}.
   *
   * Errors: those of {@link HttpSession.request}; `SOURCE_REFUSED` (401, 403, a scope that was not granted), `SOURCE_RATE_LIMITED`
   * (data: retryAt, Unix seconds), `SOURCE_UNAVAILABLE` (5xx after some tries), `SOURCE_ANSWER_INVALID` (not the documented form, pages without end), `CANCELLED`.
   */
  fetch(session: Session, cursor: LiveCursor | undefined, options: LiveFetchOptions): AsyncIterable<LiveItem>;
};
