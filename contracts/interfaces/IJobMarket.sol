// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AvailabilityProof} from "../types/Availability.sol";
import {JobId, NodeId} from "../types/Ids.sol";
import {JobOffer, JobOrder, JobParams, JobRequest} from "../types/JobParams.sol";
import {Reason} from "../types/Reason.sol";
import {Receipt} from "../types/Receipt.sol";
import {Terms} from "../types/Terms.sol";

/// @dev Who may leave a state, and when:
/// Open → Claimed: operator, until claimBy. Open → Cancelled: requester, after claimBy.
/// Claimed → Settled, Failed, Open: who brings a receipt, until the deadline. Claimed → TimedOut, Open: anyone, after it.
/// Claimed → Claimed: within one block, who comes before in the race.
/// Nothing leaves Settled, Failed, TimedOut, Cancelled and Read.
enum JobStatus {
    None,
    Open,
    Claimed,
    Settled,
    Failed,
    TimedOut,
    Cancelled,
    Read // no job: data itself, for a recipient key that its owner has signed
}

/// @dev As stored: slot 0 holds all but the commitment, `signer` in the lowest bits; slot 1 `commitment`.
/// @param signer key of the current claim, or of the last one where the job is over; zero while open.
/// @param attempt number of the current claim, or of the next one while open; from 1.
/// @param tainted an attempt ended after release, or by silence: uses and prices never come back.
/// @param raceBlock number of the block in which the job was posted, or last reopened.
/// @param dueBy Unix seconds; the claim's deadline. 0 while open.
/// @param claimDelay blocks from `raceBlock` to the claim; 255 for more, or where there was no race.
/// @param commitment keccak(abi(keccak(abi(JobOrder)), keccak(abi(JobOffer)))); once a receipt has ended the job, the
/// receipt's EIP-712 digest.
struct Job {
    address signer;
    JobStatus status;
    uint8 attempt;
    bool tainted;
    uint32 raceBlock;
    uint32 dueBy;
    uint8 claimDelay;
    bytes32 commitment;
}

/// @param protocolFeeBps hundredths of a percent of fee and prices, on top of them.
/// @param burnedUnit how much of the token, burned, counts for a node's reputation like a ten-thousandth of
/// {INodeRegistry-CLAIM_BOND}; 0 where it does not count.
/// @param collected protocol fees not yet burned.
struct TokenTerms {
    bool allowed;
    uint16 protocolFeeBps;
    uint96 burnedUnit;
    uint128 collected;
}

/// @notice A result, with what the market has forgotten of its job.
/// @param offerHash keccak(abi(JobOffer)).
/// @param signature of the receipt's digest by the key that claimed.
/// @param ciphertext the result; empty where guardians hold it.
struct Settlement {
    JobId jobId;
    JobOrder order;
    bytes32 offerHash;
    Receipt receipt;
    bytes signature;
    bytes ciphertext;
}

/// @title Jobs, escrow and receipts
/// @notice A requester escrows fee and prices and spends grants; a node claims with an attested key; the key's receipt
/// ends the job. The table of edges, money and uses is in docs/protocol.md, 5.5.
interface IJobMarket {
    /// @notice A job waits for a claim. Its grants' uses are counted, fee and prices escrowed.
    event JobSubmitted(JobId indexed jobId, address indexed requester, bytes32 salt, JobParams params);

    /// @notice A key has the job until its deadline.
    /// @param dueBy Unix seconds.
    event JobClaimed(
        JobId indexed jobId, NodeId indexed nodeId, address indexed signer, uint32 attempt, uint32 dueBy
    );

    /// @notice The job ended with a result. Prices went to the owners, the fee to the operator. The ciphertext is in the
    /// transaction's calldata, or with guardians: who looks for it knows its digest and length.
    event JobSettled(JobId indexed jobId, NodeId indexed nodeId, address indexed signer, Receipt receipt);

    /// @notice The job ended without a result.
    /// @param code of the receipt; 1 to 31 proved (fee to the operator), 32 to 63 unproved (fee to the requester).
    /// @param usesReturned whether uses and prices came back; else prices went to the owners.
    event JobFailed(
        JobId indexed jobId,
        NodeId indexed nodeId,
        address indexed signer,
        uint16 code,
        bool usesReturned,
        Receipt receipt
    );

    /// @notice The attempt failed and the job waits for another node.
    /// @param nodeId may not claim it again.
    /// @param code of the receipt; 0 where none came in time.
    /// @param attempt number of the next claim.
    /// @param tainted whether data may have been released, in this attempt or before.
    event JobReopened(
        JobId indexed jobId,
        NodeId indexed nodeId,
        address indexed signer,
        uint16 code,
        uint32 attempt,
        bool tainted
    );

    /// @notice Nothing came until the deadline. Prices went to the owners, the fee to the requester.
    /// @param quarantined whether it was the second node that fell silent over this job.
    event JobTimedOut(JobId indexed jobId, NodeId indexed nodeId, address indexed signer, bool quarantined);

    /// @notice Nobody had the job when its requester took it back. The fee went to the requester.
    /// @param usesReturned whether uses and prices came back; else prices went to the owners.
    event JobCancelled(JobId indexed jobId, address indexed requester, bool usesReturned);

    /// @notice Guardians may release an input's keys to the recipient that its grant names. The price went to the owner.
    /// @dev The order that {readable} wants follows from it: no fee, no output, one input.
    event ReadRequested(
        JobId indexed jobId,
        address indexed requester,
        bytes32 salt,
        bytes32 specHash,
        bytes32 bundleDigest,
        uint96 protocolFee,
        Terms terms
    );

    /// @notice A key has signed two receipts for one job.
    event EquivocationSlashed(
        JobId indexed jobId, NodeId indexed nodeId, address indexed signer, bytes32 first, bytes32 second
    );

    /// @notice Tokens left the market.
    event Withdrawn(address indexed token, address indexed account, uint256 amount);
    event ProtocolFeesBurned(address indexed token, uint256 amount);

    event TokenAllowed(address indexed token, uint16 protocolFeeBps, uint96 burnedUnit);
    event TokenRemoved(address indexed token);

    error RaceUnitMissing(uint256 chainId);
    error RaceUnitTooLong(uint256 got, uint256 max);

    error TokenMissing();
    error TokenNotAllowed(address token);
    error ProtocolFeeTooHigh(address token, uint16 got, uint16 max);
    error TokenAmountMismatched(address token, uint256 got, uint256 wanted);
    error BalanceEmpty(address token, address account);

    error JobAlreadyExists(JobId jobId);
    error JobCallerNotRequester(JobId jobId, address caller, address requester);
    error JobParamsMismatched(JobId jobId, bytes32 got, bytes32 wanted);
    error JobNotOpen(JobId jobId, JobStatus status);
    error JobNotClaimed(JobId jobId, JobStatus status);
    /// @notice Now < claimBy, 0 < runSeconds, claimBy + runSeconds ≤ now + 7 days does not hold.
    error JobWindowInvalid(JobId jobId, uint40 claimBy, uint32 runSeconds, uint256 timestamp);
    error JobOutputMissing(JobId jobId);
    error JobInputCountInvalid(JobId jobId, uint256 got, uint256 max);
    error JobTermsCountMismatched(JobId jobId, uint256 got, uint256 wanted);
    error JobInputDuplicate(JobId jobId, uint256 input);
    error JobTokenMismatched(JobId jobId, uint256 input, address got, address wanted);
    error JobOutlivesGrant(JobId jobId, uint256 input, uint256 latest, uint40 expiresAt);
    error JobPolicyTooWide(JobId jobId, uint256 input);
    error JobNodeNotNameable(JobId jobId, uint256 input);
    error JobTotalTooLarge(JobId jobId, uint256 total);

    error ClaimTooLate(JobId jobId, uint40 claimBy, uint256 timestamp);
    /// @notice The node's turn comes at block `opensAt`.
    error ClaimTooEarly(JobId jobId, uint256 opensAt, uint256 blockNumber);
    error ClaimSeedUnknown(JobId jobId, uint256 seedBlock);
    error ClaimNodeExcluded(JobId jobId, NodeId nodeId);

    error JobDeadlinePassed(JobId jobId, uint32 dueBy, uint256 timestamp);
    error JobDeadlineAhead(JobId jobId, uint32 dueBy, uint256 timestamp);
    error JobClaimWindowOpen(JobId jobId, uint40 claimBy, uint256 timestamp);
    error SettlementsMissing();
    error ReceiptJobMismatched(JobId jobId, JobId got);
    error ReceiptSpecMismatched(JobId jobId, bytes32 got, bytes32 wanted);
    error ReceiptAttemptMismatched(JobId jobId, uint32 got, uint32 wanted);
    /// @notice 0 where a result is brought, 1 to 63 where a failure is.
    error ReceiptCodeInvalid(JobId jobId, uint16 code);
    error ReceiptSignatureInvalid(JobId jobId, address signer);
    error ReceiptOutputInvalid(JobId jobId, uint256 got, uint256 outputBytes, uint256 max);
    error ReceiptCiphertextMismatched(JobId jobId, bytes32 got, bytes32 wanted);
    error AvailabilityCountInvalid(uint256 got, uint256 wanted);
    error AvailabilitySignerInvalid(address signer);
    /// @notice Who holds a result must not be who made it.
    error AvailabilityNotApart(JobId jobId, address operator);
    error EquivocationUnproved(JobId jobId, bytes32 first, bytes32 second);

    /// @notice Blocks; the first claim of a job comes so long after its seed, on average. 0: the first claim wins.
    function RACE_UNIT() external view returns (uint256);

    /// @notice What a protocol fee cannot exceed, in hundredths of a percent.
    function MAX_PROTOCOL_FEE_BPS() external view returns (uint16);

    /// @notice How many guardians must hold a result that is too large for a transaction.
    function AVAILABILITY_QUORUM() external view returns (uint256);

    /// @notice Seconds in which guardians answer a request to read.
    function READ_WINDOW() external view returns (uint256);

    /// @notice Takes jobs paid in `token`, or changes its terms: the fee for jobs to come, `burnedUnit` for receipts to come.
    /// @dev Emits {TokenAllowed}. Tokens that take a fee on transfer, or rebase, must not be allowed; the first are refused
    /// when a job is posted.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - The token is not zero; the fee is at most {MAX_PROTOCOL_FEE_BPS}.
    function allowToken(address token, uint16 protocolFeeBps, uint96 burnedUnit) external;

    /// @notice Takes no new jobs paid in `token`. Those there are end as they would have.
    /// @dev Emits {TokenRemoved}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - The token is allowed.
    function removeToken(address token) external;

    /// @notice Posts a job of the caller.
    /// @dev Emits {JobSubmitted}. Inputs in ascending order of dataset id cost the least gas.
    /// @param terms of each input's grant.
    ///
    /// Requirements:
    /// - The caller has not used the salt before.
    /// - now < claimBy, 0 < runSeconds, claimBy + runSeconds ≤ now + 7 days.
    /// - 1 to 64 terms, no dataset twice, `maxOutputBytes` not zero.
    /// - All terms name the job's token, which is allowed.
    /// - Each grant is of kind `GRANT_COMPUTE`, usable by the caller now ({IGrantRegistry-check}), and outlasts
    ///   claimBy + runSeconds.
    /// - The node policy is within each grant's; a node is named only where each grant allows it.
    /// - Fee, prices and protocol fee are allowed to the market, sum to less than 2^96, and all of it arrives.
    function submitJob(JobRequest calldata request, Terms[] calldata terms) external returns (JobId jobId);

    /// @notice Posts a job on grants that may be new to the chain.
    /// @dev As {submitJob}, after {IGrantRegistry-grantBySig} for each signature that is not empty.
    /// @param ownerSignatures one for each input; empty where the grant is active already.
    ///
    /// Requirements: as {submitJob}; as many signatures as terms.
    function submitJobWithSignatures(
        JobRequest calldata request,
        Terms[] calldata terms,
        bytes[] calldata ownerSignatures
    ) external returns (JobId jobId);

    /// @notice Asks guardians to release a segment's keys to the recipient key in the grant's Scope. Nobody claims it; the
    /// use is counted and the price paid at once.
    /// @dev Emits {ReadRequested}.
    /// @param specHash what is asked for, opened to guardians.
    /// @param terms one.
    /// @return jobId takes a job's place in every check of a guardian.
    ///
    /// Requirements:
    /// - The caller has not used the salt before.
    /// - The grant is of kind `GRANT_READ` and usable by the caller now.
    /// - Its token is allowed; price and protocol fee are allowed to the market, and all of it arrives.
    function requestRead(bytes32 salt, bytes32 specHash, bytes32 bundleDigest, Terms[] calldata terms)
        external
        returns (JobId jobId);

    /// @notice Takes a job for a node's enclave key, when the node's turn has come in the weighted race.
    /// @dev Emits {JobClaimed}. The race's block is that in which the job was posted or reopened; its seed is the hash of the
    /// next one. In one block the claim that comes before in the race takes the job from the other.
    /// @param orderHash keccak(abi(JobOrder)).
    ///
    /// Requirements:
    /// - The job is open, or claimed in this block by who comes later in the race; offer and hash are its own.
    /// - now ≤ claimBy.
    /// - The node's turn has come ({raceOf}); without a race unit, and for a named node, it always has.
    /// - The node has not failed at this job.
    /// - What {INodeRegistry-openClaim} asks of key, node and stake.
    function claimJob(JobId jobId, JobOffer calldata offer, bytes32 orderHash, address signer) external;

    /// @notice Ends a job by the receipt for its result, of the key that claimed it. Anyone may bring it.
    /// @dev Emits {JobSettled}.
    ///
    /// Requirements:
    /// - The job is claimed, order and offer hash are its own; now ≤ its deadline.
    /// - The receipt names this job, its spec, this attempt and code 0.
    /// - The ciphertext has the receipt's digest and length, at most `maxOutputBytes` and 4,096 bytes.
    /// - The signature is that of the claiming key, which is not frozen, destroyed or of a banned measurement.
    function settleJob(Settlement calldata settlement) external;

    /// @notice {settleJob} for each. One that its own receipt has settled already is passed over.
    ///
    /// Requirements: as {settleJob}, for each; at least one.
    function settleMany(Settlement[] calldata settlements) external;

    /// @notice Ends jobs whose results are not in the transaction, on the word of guardians that hold them all. One that its
    /// own receipt has settled already is passed over.
    /// @dev Emits {JobSettled} for each.
    /// @param proofs {AVAILABILITY_QUORUM} of them, by ascending node.
    ///
    /// Requirements: as {settleMany}, but
    /// - Each ciphertext is empty, and `outputBytes` at most `maxOutputBytes`.
    /// - Each proof is of an active guardian key; no two of one operator, and none of an operator that claimed.
    function settleAvailable(Settlement[] calldata settlements, AvailabilityProof[] calldata proofs) external;

    /// @notice Ends a job, or an attempt, by a receipt that says why there is no result. Anyone may bring it.
    /// @dev Emits {JobFailed}, or {JobReopened} where the failure is unproved, attempts are left, claimBy is ahead
    /// and no node is named.
    ///
    /// Requirements:
    /// - The job is claimed and `params` are its own; now ≤ its deadline.
    /// - The receipt names this job, its spec, this attempt and a code from 1 to 63; `outputBytes` is zero.
    /// - The signature is that of the claiming key, which is not frozen, destroyed or of a banned measurement.
    function failJob(
        JobId jobId,
        JobParams calldata params,
        Receipt calldata receipt,
        bytes calldata signature
    ) external;

    /// @notice Ends a claim, and where nobody can claim it again the job, that brought nothing in time.
    /// @dev Emits {JobReopened} or {JobTimedOut}.
    ///
    /// Requirements:
    /// - The job is claimed and `params` are its own; now > its deadline.
    function timeOutJob(JobId jobId, JobParams calldata params) external;

    /// @notice Takes an open job back.
    /// @dev Emits {JobCancelled}.
    ///
    /// Requirements:
    /// - The caller is the requester.
    /// - The job is open and `params` are its own; now > claimBy.
    function cancelJob(JobId jobId, JobParams calldata params) external;

    /// @notice Proves that one key has signed two receipts for one job. The key dies, its node's stake is slashed. Anyone may
    /// bring it, at any time.
    /// @dev Emits {EquivocationSlashed}.
    ///
    /// Requirements:
    /// - Both receipts name one job and one attempt, and have different digests.
    /// - One key, registered and not slashed for this before, has signed both.
    function slashEquivocation(
        Receipt calldata first,
        bytes calldata firstSignature,
        Receipt calldata second,
        bytes calldata secondSignature
    ) external;

    /// @notice Pays all that the market owes the caller in `token`.
    /// @dev Emits {Withdrawn}.
    ///
    /// Requirements:
    /// - Something is owed.
    function withdraw(address token) external returns (uint256 amount);

    /// @notice Burns the protocol fees collected in `token`. Anyone may call.
    /// @dev Emits {ProtocolFeesBurned}.
    ///
    /// Requirements:
    /// - Something is there.
    function burnProtocolFees(address token) external returns (uint256 amount);

    /// @notice Whether the chain lets `signer` have an input's keys now. Necessary, never sufficient: guardians go on with
    /// what the opened bundle says.
    /// @return ok whether `reason` is `None`.
    /// @return reason the first failing check in the order of {Reason}, of those that chain state can tell.
    function releasable(JobId jobId, JobParams calldata params, uint256 inputIndex, address signer)
        external
        view
        returns (bool ok, Reason reason);

    /// @notice Whether the chain lets the recipient of a {requestRead} have the keys now; as {releasable}.
    function readable(JobId jobId, JobOrder calldata order) external view returns (bool ok, Reason reason);

    /// @notice When a key's turn comes, for nodes that wait for it. Where the requester has named the node there is no race.
    /// @return opensAt number of the first block that takes the claim.
    /// @return delay in 2^-16 blocks from the race's start; in one block the smaller takes the job.
    ///
    /// Requirements:
    /// - The job is open, and the seed's block made.
    function raceOf(JobId jobId, address signer) external view returns (uint256 opensAt, uint256 delay);

    /// @notice The job as stored; all zero where there is none.
    function jobOf(JobId jobId) external view returns (Job memory);

    /// @notice EIP-712 digest of the receipt that ended the job; zero where none did.
    function receiptOf(JobId jobId) external view returns (bytes32);

    /// @notice Nodes that failed at the job and may not claim it again; 0 where there are fewer than two.
    function excludedNodesOf(JobId jobId) external view returns (NodeId first, NodeId second);

    /// @notice The id that `requester` gets for `salt`.
    function jobIdOf(address requester, bytes32 salt) external view returns (JobId);

    /// @notice keccak(abi(keccak(abi(order)), keccak(abi(offer)))).
    function hashParams(JobParams calldata params) external pure returns (bytes32);

    /// @notice EIP-712 digest of `receipt`.
    function receiptDigest(Receipt calldata receipt) external view returns (bytes32);

    /// @notice EIP-712 digest of what a guardian signs that holds the results of `settlements`.
    function availabilityDigest(Settlement[] calldata settlements) external view returns (bytes32);

    /// @notice What the market owes `account`, in `token`'s smallest unit.
    function balanceOf(address token, address account) external view returns (uint256);

    /// @notice On what terms the market takes `token`.
    function tokenOf(address token) external view returns (TokenTerms memory);
}
