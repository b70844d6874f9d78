import { isRedactedConfig } from "../config/redactConfig.ts";

type Judge = (value: unknown) => boolean;

const whole: Judge = (value) =>
  typeof value === "bigint" ||
  (typeof value === "number" && Number.isFinite(value)) ||
  (typeof value === "string" && /^\d{1,30}$/.test(value));
const flag: Judge = (value) => typeof value === "boolean";
/** A name in this code: of a state, an error, a check. */
const name: Judge = (value) => typeof value === "string" && /^\w{1,64}$/.test(value);
/** Some words of this code. */
const word: Judge = (value) => typeof value === "string" && /^[A-Za-z0-9_.:/ -]{1,120}$/.test(value);
/** Public on chain: an id, an address, a digest. */
const publicId: Judge = (value) => typeof value === "string" && /^0x[0-9a-f]{1,64}$/i.test(value);
const publicIds: Judge = (value) => Array.isArray(value) && value.length <= 1_024 && value.every(publicId);
/** A sentence of this code, with nothing of a stranger's in it. */
const sentence: Judge = (value) => typeof value === "string" && /^[\x20-\x7e]{1,300}$/.test(value);
const sources: Judge = (value) =>
  typeof value === "object" && value !== null && Object.entries(value).every((entry) => entry.every(word));

/**
 * All that a daemon may log, by name and with what its value must look like. What is not here never prints, so a field that
 * somebody adds beside a key, a plaintext, an argument or a result stays away until it has been put here on purpose. A raw
 * `message` or `stack` is not here: it quotes what it was made from.
 */
export const logFields: Readonly<Record<string, Judge>> = {
  // Who speaks.
  role: name,
  pid: whole,
  nodeId: whole,
  signer: publicId,
  isolation: word,
  // What about.
  jobId: publicId,
  attempt: whole,
  outcome: name,
  why: word,
  state: name,
  status: name,
  failure: (value) => whole(value) || name(value),
  code: name,
  error: name,
  path: word,
  check: name,
  reason: sentence,
  nodeRegistry: publicId,
  keyBoxDigests: publicIds,
  from: publicId,
  to: publicId,
  signal: name,
  endpoint: word,
  view: word,
  connected: flag,
  // The function that is called, and the daemon's own name for the call: of ids on chain.
  what: name,
  transaction: sentence,
  nonce: whole,
  // Of the schedule: its owner's name for a source, and when.
  source: name,
  account: name,
  slot: whole,
  retryAt: whole,
  published: flag,
  attempts: whole,
  failures: whole,
  endpoints: whole,
  // How much, how long.
  port: whole,
  gatewayPort: whole,
  metricsPort: whole,
  count: whole,
  times: whole,
  crashes: whole,
  receipts: whole,
  maxQueue: whole,
  jobs: whole,
  resealed: whole,
  destroyed: whole,
  windowMs: whole,
  delayMs: whole,
  waitMs: whole,
  tookMs: whole,
  openUntil: whole,
  sealUntil: whole,
  block: whole,
  fromBlock: whole,
  vanished: whole,
  blocks: whole,
  depth: whole,
  ageSeconds: whole,
  stopSeconds: whole,
  balance: whole,
  floor: whole,
  balanceWei: whole,
  minBalanceWei: whole,
  quarantined: flag,
  ready: flag,
  // The configuration, once its secrets are taken out.
  config: isRedactedConfig,
  sources,
};
