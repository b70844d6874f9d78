/**
 * Every error a person or a program can meet, in one place. `docs/errors.md` is generated from this table.
 *
 * - `exit`: exit code of the `persona` command and the daemon: 1 fatal, 2 refused, 75 temporary (EX_TEMPFAIL of sysexits.h).
 * - `retry`: may the same call succeed later without anybody changing anything?
 * - `reason`: its place in the Solidity enum `Reason`, where contracts and guardians share the refusal. The order of the
 *   enum is the order of the checks.
 */
export type ErrorEntry = {
  readonly exit: 1 | 2 | 75;
  readonly retry: "never" | "later";
  readonly why: string;
  readonly fix: string;
  readonly reason?: number;
};

const refused = (reason: number, why: string, fix: string): ErrorEntry => ({
  exit: 2,
  retry: "never",
  why,
  fix,
  reason,
});
const fatal = (why: string, fix: string): ErrorEntry => ({ exit: 1, retry: "never", why, fix });
/** A refusal that no contract knows. */
const denied = (why: string, fix: string): ErrorEntry => ({ exit: 2, retry: "never", why, fix });
const temporary = (why: string, fix: string): ErrorEntry => ({ exit: 75, retry: "later", why, fix });

export const errorTable = {
  // Refusals shared by contracts, guardians and supervisor: the order is the order of the checks.
  REQUEST_INVALID: refused(
    1,
    "The request is malformed, too large or not signed by the key it names.",
    "Send a request built by the SDK of the same protocol version.",
  ),
  NODE_KEY_UNKNOWN: refused(
    2,
    "No registered node owns this enclave key.",
    "Register the enclave key with NodeRegistry.addEnclaveKey first.",
  ),
  NODE_KEY_EXPIRED: refused(
    3,
    "The enclave key's attestation has expired.",
    "Renew the attestation: restart the enclave, or run the node's renewal.",
  ),
  NODE_KEY_INACTIVE: refused(
    4,
    "The enclave key is draining, frozen or destroyed.",
    "Use another node; the operator can register a new key.",
  ),
  MEASUREMENT_BANNED: refused(
    5,
    "The enclave's measurement is not allowed, or was banned.",
    "Upgrade the node to an allowed build.",
  ),
  JOB_UNKNOWN: refused(
    6,
    "The market has no job with this id.",
    "Check chain, market address and job id; wait for the transaction to confirm.",
  ),
  JOB_PARAMS_MISMATCH: refused(
    7,
    "The job's parameters do not hash to what the market holds.",
    "Take the parameters from the JobSubmitted event.",
  ),
  JOB_NOT_CLAIMED: refused(8, "The job is not claimed, or has already ended.", "Claim it first, or submit a new job."),
  JOB_CLAIMED_BY_OTHER: refused(
    9,
    "Another enclave key has claimed this job.",
    "Only the claiming enclave can obtain the keys.",
  ),
  JOB_DEADLINE_PASSED: refused(10, "The job's deadline has passed.", "Submit the job again with more time to run."),
  BUNDLE_INVALID: refused(
    11,
    "The job bundle cannot be opened, or is not what the job names.",
    "Build the bundle with the SDK and put it to storage before submitting the job.",
  ),
  JOB_SPEC_MISMATCH: refused(
    12,
    "The bundle's contents do not hash to the job's specHash.",
    "Submit the job again with the hash of the bundle's own spec.",
  ),
  INPUT_UNKNOWN: refused(13, "The job has no such input.", "Ask for an input the job lists."),
  DATASET_UNKNOWN: refused(
    14,
    "The registry has no dataset with this id.",
    "Check chain, registry address and dataset id.",
  ),
  DATASET_ERASED: refused(15, "The owner has erased this dataset.", "Ask the owner for another dataset."),
  GRANT_UNKNOWN: refused(
    16,
    "No such grant has been registered.",
    "Ask the owner for a grant, and submit it before the job.",
  ),
  GRANT_REVOKED: refused(17, "The owner has revoked this grant.", "Ask the owner for a new grant."),
  GRANT_NOT_YET_VALID: refused(18, "The grant is not valid yet.", "Wait until the grant's notBefore."),
  GRANT_EXPIRED: refused(
    19,
    "The grant has expired, or would expire before the job's latest end.",
    "Give the job less time to be claimed and to run, or ask the owner for a new grant.",
  ),
  GRANT_EXHAUSTED: refused(20, "All uses of this grant are spent.", "Ask the owner for a new grant."),
  GRANT_OUTPUT_EXHAUSTED: refused(
    21,
    "The grant's total output bytes are spent.",
    "Ask for less output, or ask the owner for a new grant.",
  ),
  GRANT_KIND_MISMATCH: refused(
    22,
    "The grant is of another kind (Compute or Read).",
    "Ask the owner for a grant of the kind you need.",
  ),
  GRANTEE_MISMATCH: refused(23, "The grant names another requester.", "Submit from the account that the grant names."),
  OWNER_MISMATCH: refused(24, "The grant's signer does not own the dataset.", "Ask the dataset's present owner."),
  KEY_EPOCH_OLD: refused(
    25,
    "The dataset's keys were changed after the grant was made.",
    "Ask the owner for a new grant.",
  ),
  MEASUREMENT_NOT_GRANTED: refused(
    26,
    "The enclave's build was allowed after the grant was signed, and the grant does not follow upgrades.",
    "Use a node with an older build, or ask for a new grant.",
  ),
  NODE_POLICY_MISMATCH: refused(
    27,
    "The node does not meet the grant's node policy.",
    "Use a node whose attestation kind, vendor and stake the owner accepts.",
  ),
  SCOPE_MISMATCH: refused(
    28,
    "The opened Scope is not the one the grant commits to.",
    "Use the Scope that the owner handed over with the grant.",
  ),
  PROGRAM_NOT_GRANTED: refused(
    29,
    "The grant names another program.",
    "Run the granted program, or ask the owner to grant this one.",
  ),
  SEGMENT_NOT_GRANTED: refused(
    30,
    "The job asks for a segment that is not in the grant.",
    "Ask only for granted segments.",
  ),
  ARGS_NOT_GRANTED: refused(
    31,
    "The arguments break the grant's rule for arguments.",
    "Use the arguments that the grant allows.",
  ),
  OUTPUT_NOT_GRANTED: refused(
    32,
    "The job's output class, schema or size is wider than the grant, or a reader's key is not the one the owner has signed.",
    "Ask for a narrower output; read with the recipient key of the grant.",
  ),
  VERSION_NOT_GRANTED: refused(
    33,
    "The dataset version is outside the grant's version rule.",
    "Use a version that the grant allows.",
  ),
  DATASET_HEAD_MISMATCH: refused(
    34,
    "The job was made for another version of the dataset than the chain holds.",
    "Build the job again from the dataset's current head.",
  ),
  GUARDIAN_SET_MISMATCH: refused(
    35,
    "The guardian is not in the dataset's guardian set, or the set is not the registered one.",
    "Ask the guardians that the dataset's KeyBox names.",
  ),
  GUARDIAN_CONFLICT: refused(
    36,
    "Guardian and claiming node belong to the same operator.",
    "Another node must claim the job, or other guardians must answer.",
  ),
  SHARE_UNKNOWN: refused(
    37,
    "The guardian holds no share of this segment.",
    "The owner deposits the KeyBox at its guardians (persona import does so).",
  ),
  // Of guardians alone: numbers from 256 on are in no contract.
  DATA_TOO_OLD: refused(
    256,
    "The dataset's version was published longer before the job than the grant's maximum age, or the job does not say where. No key was released; uses and prices come back.",
    "Build the job again from the dataset's current head.",
  ),

  // Data that is not what it should be.
  DIGEST_MISMATCH: fatal(
    "The bytes are not those that their digest names.",
    "Fetch from another store; the stored copy is damaged or was changed.",
  ),
  ENVELOPE_INVALID: fatal(
    "The object is not a valid envelope, or was changed, cut or put together from parts.",
    "Fetch the object again; if it stays so, the owner must publish the dataset again.",
  ),
  KEY_COMMITMENT_MISMATCH: fatal(
    "The key is not the one this object was encrypted with.",
    "Use the key of the same dataset, segment and key epoch.",
  ),
  MANIFEST_INVALID: fatal("The manifest breaks its schema or its limits.", "Publish the dataset again with the SDK."),
  KEYBOX_INVALID: fatal(
    "The KeyBox breaks its schema, or a share does not fit its commitment.",
    "The owner makes a new KeyBox; the message names who lied.",
  ),
  SHARES_INSUFFICIENT: temporary(
    "Fewer guardians answered than the threshold needs.",
    "Wait until more guardians are reachable.",
  ),
  SEALED_BOX_INVALID: fatal(
    "A sealed message does not open with this key in this context.",
    "It was sealed for another key, job, dataset or chain.",
  ),
  BLOB_NOT_FOUND: temporary(
    "The store does not have this blob.",
    "Check that the dataset is published to a store this node reads.",
  ),
  STORE_FAILED: temporary(
    "The blob store could not be read or written.",
    "Check disk space and permissions of the store, or the IPFS endpoint.",
  ),
  STORES_INSUFFICIENT: temporary(
    "Fewer stores than wanted did what was asked.",
    "The message says what each of the others had; persona storage check and repair look at them one by one.",
  ),
  KEYSTORE_INVALID: fatal("The keystore file cannot be read.", "Restore it from your backup."),
  KEYSTORE_PASSPHRASE_WRONG: fatal(
    "The passphrase does not open this keystore.",
    "Try again with the right passphrase.",
  ),
  KEYSTORE_PASSKEY_FAILED: fatal(
    "The passkey gave no secret: it was declined, is not there, or its authenticator lacks the prf extension.",
    "Try again, use the device that holds the passkey, or a keystore under a passphrase.",
  ),
  RECOVERY_KIT_INVALID: fatal(
    "The recovery kit is damaged or was typed wrong.",
    "Compare the line that the message names with the paper.",
  ),
  OWNER_BACKUP_INVALID: fatal(
    "The owner's backup is damaged, too large, or of another root key.",
    "Take an earlier one: OwnerKeys' events name all of them.",
  ),
  RECOVERY_INVALID: fatal(
    "A recovery plan, share or answer breaks its schema, or is not what its maker committed to.",
    "The message names who lied; ask the others.",
  ),
  RECOVERY_REFUSED: {
    exit: 2,
    retry: "never",
    why: "The chain shows no recovery that this share may be released for: not asked for, vetoed, void, expired, or to another device.",
    fix: "Talk to the owner; somebody named in the plan asks again, if it is meant.",
  },
  RECOVERY_TOO_EARLY: temporary(
    "The recovery's delay is not over: the owner can still veto it.",
    "Try again at the time that the message names.",
  ),

  // Import.
  ARCHIVE_NOT_FOUND: fatal("There is no file at this path.", "Check the path."),
  ARCHIVE_NOT_ZIP: fatal(
    "The file is not a zip archive, or is cut off.",
    "Download the archive again and give the .zip file as it came.",
  ),
  ARCHIVE_ENCRYPTED: fatal("The archive is protected by a password.", "Unpack it and zip it again without a password."),
  ARCHIVE_HOSTILE: fatal(
    "The archive holds an entry that no honest export has (path outside the archive, zip bomb, link). Do not use this file.",
    "Download the archive again.",
  ),
  ARCHIVE_TOO_LARGE: fatal(
    "An entry of the archive is larger than the limit.",
    "Raise the limit with --max-entry-bytes if you trust the file.",
  ),
  ARCHIVE_UNRECOGNISED: fatal(
    "No connector recognises this archive: docs/connectors.md lists what can be read.",
    "Give it as the service exported it.",
  ),
  EXPORT_INVALID: fatal(
    "A file of the export is not in the format of its service. If it stays so, report the file's name and the message.",
    "Download the archive again.",
  ),

  // Evidence of origin.
  PROVENANCE_UNREADABLE: fatal(
    "The file is no evidence that can be read: neither a proof nor a message, cut off, or beyond the limits.",
    "Give one proof or e-mail as it came; see docs/provenance.md.",
  ),
  WRITER_REFUSED: {
    exit: 2,
    retry: "never",
    why: "The owner's delegation does not allow this version: none, revoked, over, used up, other segments or keys, or a banned enclave. Nothing was published.",
    fix: "Ask the owner for a new grant.",
  },
  PROVENANCE_TOO_LOW: {
    exit: 2,
    retry: "never",
    why: "A segment's public level of origin is lower than the job asks for. No key was opened; uses and prices come back.",
    fix: "Ask the owner for another dataset.",
  },
  PROVENANCE_UNSUPPORTED: fatal("This kind of evidence is known, and not verified here.", "See docs/provenance.md."),

  // Programs and results.
  PROGRAM_INVALID: fatal("The program bundle breaks its schema.", "Build the program again."),
  PROGRAM_FAILED: fatal("The program ended with an error.", "Test the program on sample data."),
  LIMIT_EXCEEDED: fatal("The program used more memory than allowed.", "Make the program lighter."),
  TIME_LIMIT_EXCEEDED: fatal(
    "The program did not end within its time, or before the job's deadline.",
    "Make the program lighter, or give the job more time to run.",
  ),
  OUTPUT_TOO_LARGE: fatal(
    "The result is larger than the job allows.",
    "Ask for less, or for a larger maxOutputBytes within the grant.",
  ),
  OUTPUT_POLICY_VIOLATED: fatal(
    "The result breaks the grant's output policy.",
    "Change the program so that its result fits the granted shape.",
  ),
  DATA_INVALID: fatal(
    "The owner's data does not decrypt or decode as its manifest says.",
    "The owner must publish the dataset again.",
  ),
  GUARDIANS_REFUSED: fatal(
    "So many guardians refused that the key cannot be had.",
    "See the refusal reasons; usually the grant does not allow this job.",
  ),
  GUARDIANS_UNAVAILABLE: temporary(
    "Too few guardians answered.",
    "Try again later; if they stay away, the owner replaces them.",
  ),
  RATE_LIMITED: temporary(
    "More was asked for this job, by this key or from this address than a guardian answers in that time.",
    "Ask again in a second; the same request gets the same answer.",
  ),
  GUARDIAN_LOG_INVALID: fatal(
    "A guardian's access log does not prove what it shows, or is another one than it was before.",
    "Keep both signed heads: together they show who has rewritten history. Replace this guardian.",
  ),
  HOST_DID_NOT_DELIVER: temporary("The host did not bring a blob that the job needs.", "Another node will try."),
  RECEIPT_INVALID: fatal(
    "The receipt's signature, job or digests do not verify: it is forged, damaged or another job's.",
    "Do not use the result; take the receipt from the chain.",
  ),
  JOB_FAILED: fatal("The job ended with a signed failure.", "See the failure code in docs/errors.md."),
  JOB_TIMED_OUT: temporary("The job did not end before its deadline.", "Submit it again."),
  RESULT_NOT_FOUND: fatal(
    "The job has ended with a result, but the transaction that settled it does not carry its ciphertext.",
    "Ask the guardians when it was too large for a transaction; else whoever settled the job has hidden it: ask the node.",
  ),
  JOB_NOT_CLAIMABLE: fatal(
    "The job cannot be claimed any more.",
    "Another node was first, or the claim window has passed.",
  ),
  CLAIM_TOO_EARLY: temporary(
    "The node's turn for this job has not come.",
    "The daemon waits for it by itself; JobMarket.raceOf says the block.",
  ),
  CLAIM_BOND_MISSING: temporary(
    "All of the node's stake is held by the bonds of its open claims.",
    "Wait until claimed jobs have ended, or add stake.",
  ),
  CLAIMS_PAUSED: temporary("Governance has paused claims.", "Wait: a pause ends by itself within days."),

  // Apps and their domains.
  APP_UNKNOWN: fatal(
    "The registry has no active app with this id.",
    "Check chain, registry address and app id; a retired app does not come back.",
  ),
  DOMAIN_INVALID: fatal(
    "The text is not a domain name of the public internet.",
    "Give the name alone, in lower case, other alphabets as punycode: no address, port or path.",
  ),
  DOMAIN_UNREACHABLE: temporary(
    "The domain does not answer, or not in time.",
    "Check that https://<domain>/.well-known/persona-protocol.json can be fetched from outside.",
  ),
  DOMAIN_FILE_INVALID: fatal(
    "The domain's file is missing, redirected, too large or malformed.",
    "Serve the file of buildDomainFile itself, as application/json, without a redirect.",
  ),
  DOMAIN_FILE_MISMATCH: fatal(
    "The domain's file does not stand for this app.",
    "The app's present owner builds the file again for this chain, registry, app and domain.",
  ),
  DOMAIN_FILE_UNSIGNED: fatal(
    "The signature in the domain's file is not the app owner's.",
    "The app's present owner builds the file again; a contract wallet must accept the signature (ERC-1271).",
  ),

  // Attestation.
  CERTIFICATE_INVALID: fatal(
    "A certificate, revocation list or key of a piece of evidence is not what DER and X.509 say. Evidence with such a certificate is not to be believed.",
    "Fetch it again from its issuer.",
  ),
  COLLATERAL_INVALID: fatal(
    "The collateral of a platform is not the JSON that verifiers exchange: docs/attestation.md says which members it has.",
    "Fetch it again.",
  ),
  COLLATERAL_UNAVAILABLE: temporary(
    "The provisioning certification service does not answer, not in time, or not as its interface says. Intel's own wants no account, and takes few requests a minute.",
    "Check the service's URL and try again.",
  ),
  COLLATERAL_UNTRUSTED: fatal(
    "The provisioning certification service answers with what its signers have not signed, or what has run out: somebody between, or a cache that is not kept up, gives you this one.",
    "Ask another service.",
  ),
  EVENT_LOG_INVALID: fatal(
    "The event log cannot be read, or does not lead to the registers of the quote. Each start of the machine has another one.",
    "Fetch the log together with the quote.",
  ),
  EVIDENCE_UNREADABLE: fatal(
    "The bytes are no evidence of a known kind, or end too early.",
    "Give an SGX or TDX quote, a Nitro attestation document or an SEV-SNP report, as bytes or as hex.",
  ),

  // Surroundings.
  CHAIN_UNREACHABLE: temporary(
    "The chain endpoint does not answer.",
    "Check the --rpc URL and that the chain runs (persona dev starts a local one).",
  ),
  CHAIN_DISAGREES: temporary(
    "The chain endpoints do not tell the same, or tell less than before.",
    "Wait until they have caught up; if it stays so, replace the one that lies or lags.",
  ),
  CHAIN_PROOF_INVALID: temporary(
    "A block header or storage proof does not prove what it was asked for.",
    "Use an endpoint that answers eth_getProof for recent blocks; if it stays so, replace it: it lies.",
  ),
  CHAIN_WRONG: fatal("The endpoint serves another chain than configured.", "Check chain id and RPC URL."),
  TRANSACTION_REVERTED: fatal("The contract refused the transaction.", "See the decoded reason."),
  GAS_EMPTY: temporary(
    "The operator's account cannot pay the gas of a transaction.",
    "Send ether to the account; what was begun goes on by itself.",
  ),
  NONCE_TAKEN: temporary(
    "Another program sends transactions of the operator's account.",
    "Give each node's operator an account of its own, or let its workers share one journal.",
  ),
  DEPLOYMENT_UNKNOWN: fatal(
    "No contract addresses are known for this chain.",
    "Start a local network with persona dev, or give --deployment FILE.",
  ),
  DEPLOYMENT_FAILED: fatal(
    "The contracts could not be deployed, or are not where they must be.",
    "docs/deployment.md says what may be run again and what must be started anew.",
  ),
  NODE_RUNNING: fatal(
    "Another daemon runs over this data directory.",
    "Stop it, or give this one a data directory of its own.",
  ),
  NODE_NOT_RUNNING: temporary(
    "No daemon runs over this data directory.",
    "Start it with `persona node start`; `systemctl status` and its log say why it ended.",
  ),
  NODE_UNANSWERED: temporary(
    "The daemon is there and does not answer.",
    "Ask again as the user that it runs as; a daemon that stays silent is to be started again.",
  ),
  NODE_DRAINING: temporary(
    "The node still has claimed jobs.",
    "It claims nothing more: ask again, or give it more time by --timeout.",
  ),
  NODE_BONDED: temporary(
    "The node's stake is still bound, or a claim of it is open.",
    "Run the command again after the time that it names.",
  ),
  NODE_STOP_SLOW: temporary(
    "The node did not stop in the time that stopSeconds gives it, and was ended.",
    "Nothing is lost: what was under way goes on at the next start. Give it more time by stopSeconds.",
  ),
  PORT_IN_USE: fatal("Another program already listens on this port.", "Stop it, or choose another port."),
  JOURNAL_UNUSABLE: fatal(
    "The node's journal was written by a newer build, or is no journal.",
    "Start the newer build again, or restore journal.sqlite from a backup: an older one loses nothing.",
  ),
  NODE_CRASHED: temporary(
    "Something unexpected ended the daemon.",
    "It is started again, and goes on where its journal says; report it when it repeats, with the log before it.",
  ),
  DATA_DIR_UNWRITABLE: temporary(
    "The data directory cannot be written.",
    "Free space on its disk, or see docs/operations.md, Disk loss; the daemon goes on when it is started again.",
  ),
  JOURNAL_UNREACHABLE: temporary(
    "The database of the shared journal does not answer.",
    "Check that PostgreSQL runs and that the URL in journalUrlFile is right; nothing is lost meanwhile.",
  ),
  PROCESS_FAILED: fatal("A process of the network ended unexpectedly.", "See its log file under the run directory."),
  ENCLAVE_FAILED: temporary(
    "The enclave process ended or broke the protocol.",
    "The daemon starts it again; see the log when it repeats.",
  ),
  EVIDENCE_REFUSED: {
    exit: 2,
    retry: "never",
    why: "Verifier nodes do not believe this evidence, or do not say the same of it.",
    fix: "The message names the rule; docs/attestation.md explains each. Make new evidence, or ask nodes with one policy.",
  },
  EVIDENCE_UNAVAILABLE: temporary(
    "The platform gave no attestation evidence, or not in time.",
    "Check the node's settings of evidence, and that the platform's quoting service runs; docs/attestation.md says what each needs.",
  ),
  EVIDENCE_MISMATCH: fatal(
    "The evidence that was brought is for other report data or other code than this enclave's.",
    "Something between enclave and silicon answers for another: look at who else can ask this platform for evidence.",
  ),
  SEALING_UNAVAILABLE: fatal(
    "This platform offers an enclave nothing to seal its keys with.",
    "Keys end with the enclave there: give a guardian a replica that holds them (`replicaUrls`; docs/enclave.md, Replicas).",
  ),
  REPLICA_UNAVAILABLE: temporary(
    "No replica of this guardian answers, or none that does holds its keys.",
    "Start a replica (`replicaOf`) and look whether `replicaUrls` reaches it. Keys that no replica holds any more are lost: see docs/enclave.md, Replicas.",
  ),
  SIGNATURE_REJECTED: {
    exit: 2,
    retry: "never",
    why: "The person, or their wallet, declined to sign or to send.",
    fix: "Nothing was sent. Say what it is for, and ask again when they want it.",
  },
  GAS_INSUFFICIENT: fatal(
    "The account's ether does not pay for the transaction.",
    "Send the account some of the chain's own coin, or let another send what is signed (signGrant).",
  ),
  TOKENS_INSUFFICIENT: fatal(
    "The account has fewer tokens than the job's fee, prices and protocol fee.",
    "Send the account as many tokens as `needed` says, or offer a lower maxFee.",
  ),
  TOKEN_MISMATCH: fatal(
    "A grant asks for its price in another token than the one the job is paid in.",
    "Say the grant's `token` with the job only if you mean to pay in it; else ask the owner for a grant in yours.",
  ),
  ALLOWANCE_MISSING: fatal(
    "The market may not take as many tokens from the account as the job costs.",
    "Approve the market for what `needed` says (submitJob does so by itself; with buildSubmitJob send all of its calls, in order).",
  ),
  ACCESS_REQUEST_INVALID: fatal(
    "The request for access cannot be read, is for another chain, or is not signed by the account it names.",
    "Do not grant it. The requester makes a new one by requestAccess, on this chain.",
  ),
  ACCESS_REQUEST_EXPIRED: fatal("The request for access is too old.", "Ask the requester for a new one."),
  // Live accounts: pages do not meet these, and load them apart (sourceErrors.ts).
  SOURCE_AUTH_INVALID: denied(
    "The authorization cannot be used: code, state, verifier, client or scopes are not what the service expects.",
    "Ask the person for their consent again, from the beginning; a code counts once and for minutes. See the rule in the message.",
  ),
  SOURCE_AUTH_PENDING: temporary(
    "The person has not confirmed the device code yet.",
    "Show them the address and the code, and ask again after the interval.",
  ),
  SOURCE_CONSENT_ENDED: denied(
    "The service takes the account's tokens no more: consent was withdrawn or has expired, or a refresh token was used twice.",
    "The source is paused. Ask the person for their consent again; if they know nothing of it, look who else has had the tokens.",
  ),
  SOURCE_REFUSED: denied(
    "The service does not let this account read what was asked for.",
    "Look which scope is missing and ask for consent with it, or leave that segment out.",
  ),
  SOURCE_RATE_LIMITED: temporary(
    "The service limits how often it is asked.",
    "Run the source again after `retryAt`; what came before is kept.",
  ),
  SOURCE_UNAVAILABLE: temporary(
    "The service cannot be reached, is too slow or fails.",
    "Run the source again later; it goes on where it stood.",
  ),
  SOURCE_ANSWER_INVALID: fatal(
    "The service answered in another form than its documentation says, with too much, or without end.",
    "Nothing of the answer was taken. Try again; if it stays so its interface has changed, and this version does not know it.",
  ),
  SOURCE_HOST_REFUSED: fatal(
    "The source was about to ask a host that is not its own.",
    "A redirect or a link of the service led elsewhere. Report it: only hosts that the source names are ever asked.",
  ),
  SOURCE_CERTIFICATE_INVALID: fatal(
    "The service's TLS certificate is not one that the enclave's pinned roots vouch for, for this host and time.",
    "Somebody may stand between, or the enclave's roots are too old: upgrade the node. Nothing was sent.",
  ),
  SOURCE_UNKNOWN: fatal(
    "There is no such source, or no session of it that this enclave can open.",
    "Take an id of docs/live-sources.md. A session belongs to the build that made it: after an upgrade ask for consent again.",
  ),
  SOURCE_RUNNING: temporary(
    "A run or a renewal of this session is under way.",
    "Wait for it: tokens are never renewed twice at once.",
  ),
  ORIGIN_INVALID: fatal(
    "The statement of origin is malformed, not signed by the enclave that it names, or not of these bytes.",
    "Do not rely on it; fetch again.",
  ),
  CONFIG_INVALID: fatal("The configuration is not valid.", "Correct the named setting."),
  USAGE: fatal("The command was not understood.", "Run the command with --help."),
  CANCELLED: fatal("The operation was cancelled.", "Start it again when you want it."),
  INTERNAL: fatal(
    "A bug: something happened that the code holds to be impossible.",
    "Please report it with the message and your version.",
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** Codes of live accounts, which a page loads only with what can meet them: knowSourceErrors. */
export type SourceErrorCode = Extract<ErrorCode, `SOURCE_${string}` | `ORIGIN_${string}`>;
