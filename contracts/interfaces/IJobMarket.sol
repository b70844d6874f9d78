// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetId, GrantHash, JobId, NodeId} from "../types/Ids.sol";
import {JobParams} from "../types/JobParams.sol";
import {KeyState} from "./INodeRegistry.sol";
import {Reason} from "../types/Reason.sol";
import {Receipt} from "../types/Receipt.sol";
import {Terms} from "../types/Terms.sol";

/// @dev Who may leave a state, and when:
/// Open → Claimed: operator, until claimBy. Open → Cancelled: requester, after claimBy.
/// Claimed → Settled, Failed, Open: who brings a receipt, until the deadline. Claimed → TimedOut: anyone, after it.
/// Nothing leaves Settled, Failed, TimedOut and Cancelled.
enum JobStatus {
    None,
    Open,
    Claimed,
    Settled,
    Failed,
    TimedOut,
    Cancelled
}

/// @dev As stored: slot 0 holds all but the hashes, `signer` in the lowest bits; slot 1 `paramsHash`, slot 2
/// `receiptDigest`.
/// @param signer key of the current claim, or of the last one where the job is over; zero while open.
/// @param attempt number of the current claim, or of the next one while open; from 1.
/// @param tainted an attempt ended after release: uses and prices never come back.
/// @param deadline Unix seconds.
/// @param createdBlock number of the block that the job was submitted in.
/// @param receiptDigest EIP-712 digest of the receipt that ended the job.
struct Job {
    address signer;
    JobStatus status;
    uint8 attempt;
    bool tainted;
    uint40 deadline;
    uint32 createdBlock;
    bytes32 paramsHash;
    bytes32 receiptDigest;
}

/// @title Jobs, escrow and receipts
/// @notice A requester escrows fee and prices and spends grants; a node claims with an attested key; the key's receipt
/// ends the job. The table of edges, money and uses is in docs/protocol.md, 5.5.
interface IJobMarket {
    /// @notice A job waits for a claim. Its grants' uses are counted, fee and prices escrowed.
    event JobSubmitted(JobId indexed jobId, address indexed requester, JobParams params);

    /// @notice A key has the job until its deadline.
    event JobClaimed(JobId indexed jobId, NodeId indexed nodeId, address indexed signer, uint32 attempt);

    /// @notice The job ended with a result. Prices went to the owners, the fee to the operator.
    event JobSettled(
        JobId indexed jobId,
        NodeId indexed nodeId,
        address indexed signer,
        Receipt receipt,
        bytes signature,
        bytes ciphertext
    );

    /// @notice The job ended without a result.
    /// @param code of the receipt; 1 to 31 proved (fee to the operator), 32 to 63 unproved (fee to the requester).
    /// @param usesReturned whether uses and prices came back; else prices went to the owners.
    event JobFailed(
        JobId indexed jobId,
        NodeId indexed nodeId,
        address indexed signer,
        uint16 code,
        bool usesReturned,
        Receipt receipt,
        bytes signature
    );

    /// @notice The attempt failed and the job waits for another node.
    /// @param nodeId may not claim it again.
    /// @param attempt number of the next claim.
    /// @param tainted whether data had been released, in this attempt or before.
    event JobReopened(
        JobId indexed jobId,
        NodeId indexed nodeId,
        address indexed signer,
        uint16 code,
        uint32 attempt,
        bool tainted
    );

    /// @notice Nothing came until the deadline. Prices went to the owners, the fee to the requester.
    event JobTimedOut(JobId indexed jobId, NodeId indexed nodeId, address indexed signer);

    /// @notice Nobody had the job when its requester took it back. The fee went to the requester.
    /// @param usesReturned whether uses and prices came back; else prices went to the owners.
    event JobCancelled(JobId indexed jobId, address indexed requester, bool usesReturned);

    /// @notice Tokens left the market.
    event Withdrawn(address indexed token, address indexed account, uint256 amount);

    error JobAlreadyExists(JobId jobId);
    error JobCallerNotRequester(JobId jobId, address caller, address requester);
    error JobParamsMismatched(JobId jobId, bytes32 got, bytes32 wanted);
    error JobNotOpen(JobId jobId, JobStatus status);
    error JobNotClaimed(JobId jobId, JobStatus status);
    /// @notice Now < claimBy < deadline ≤ now + 7 days does not hold.
    error JobWindowInvalid(JobId jobId, uint40 claimBy, uint40 deadline, uint256 timestamp);
    error JobOutputMissing(JobId jobId);
    error JobInputCountInvalid(JobId jobId, uint256 got, uint256 max);
    /// @notice As many Terms, and where given signatures, as inputs.
    error JobTermsCountMismatched(JobId jobId, uint256 got, uint256 wanted);
    error JobInputMismatched(JobId jobId, uint256 input, GrantHash got, GrantHash wanted);
    error JobDatasetMismatched(JobId jobId, uint256 input, DatasetId got, DatasetId wanted);
    error JobInputDuplicate(JobId jobId, uint256 input);
    error JobOwnerMismatched(JobId jobId, uint256 input, address got, address wanted);
    error JobPriceMismatched(JobId jobId, uint256 input, uint96 got, uint96 wanted);
    error JobTokenMismatched(JobId jobId, uint256 input, address got, address wanted);
    error JobOutlivesGrant(JobId jobId, uint256 input, uint40 deadline, uint40 expiresAt);
    error JobPolicyTooWide(JobId jobId, uint256 input);
    error JobNodeNotNameable(JobId jobId, uint256 input);

    error ClaimTooLate(JobId jobId, uint40 claimBy, uint256 timestamp);
    error ClaimCallerNotOperator(JobId jobId, address caller, address operator);
    error ClaimKeyNotWorker(JobId jobId, address signer);
    error ClaimKeyNotActive(JobId jobId, address signer, KeyState state);
    error ClaimKeyExpired(JobId jobId, address signer, uint40 openUntil);
    error ClaimMeasurementBanned(JobId jobId, bytes32 measurement);
    error ClaimPolicyMismatched(JobId jobId, NodeId nodeId);
    error ClaimNodeNotNamed(JobId jobId, NodeId got, NodeId wanted);
    error ClaimNodeExcluded(JobId jobId, NodeId nodeId);

    error JobDeadlinePassed(JobId jobId, uint40 deadline, uint256 timestamp);
    error JobDeadlineAhead(JobId jobId, uint40 deadline, uint256 timestamp);
    error JobClaimWindowOpen(JobId jobId, uint40 claimBy, uint256 timestamp);
    error ReceiptJobMismatched(JobId jobId, JobId got);
    error ReceiptSpecMismatched(JobId jobId, bytes32 got, bytes32 wanted);
    error ReceiptAttemptMismatched(JobId jobId, uint32 got, uint32 wanted);
    error ReceiptCodeUnknown(JobId jobId, uint16 code);
    error ReceiptSignatureInvalid(JobId jobId, address signer);
    error ReceiptOutputInvalid(JobId jobId, uint256 got, uint256 outputBytes, uint256 max);
    error ReceiptCiphertextMismatched(JobId jobId, bytes32 got, bytes32 wanted);

    error TokenAmountMismatched(address token, uint256 got, uint256 wanted);
    error BalanceEmpty(address token, address account);

    /// @notice Posts a job.
    /// @dev Emits {JobSubmitted}. Inputs in ascending order of dataset id cost the least gas.
    /// @param terms of each input's grant, in the inputs' order.
    ///
    /// Requirements:
    /// - The caller is the requester and has not used the salt before.
    /// - now < claimBy < deadline ≤ now + 7 days.
    /// - 1 to 64 inputs, no dataset twice, `maxOutputBytes` not zero.
    /// - Each input names hash, dataset, owner and price of its terms; all terms name the job's token.
    /// - Each grant is usable now ({IGrantRegistry-check}) and expires after the deadline.
    /// - The node policy is within each grant's; a node is named only where each grant allows it.
    /// - Fee and prices are allowed to the market; all of it arrives.
    function submitJob(JobParams calldata params, Terms[] calldata terms) external returns (JobId jobId);

    /// @notice Posts a job on grants that may be new to the chain.
    /// @dev As {submitJob}, after {IGrantRegistry-grantBySig} for each signature that is not empty.
    /// @param ownerSignatures one for each input; empty where the grant is active already.
    function submitJobWithSignatures(
        JobParams calldata params,
        Terms[] calldata terms,
        bytes[] calldata ownerSignatures
    ) external returns (JobId jobId);

    /// @notice Takes a job for a node's enclave key. The first claim wins.
    /// @dev Emits {JobClaimed}.
    ///
    /// Requirements:
    /// - The job is open and `params` are its own; now ≤ claimBy.
    /// - `signer` is an active, unexpired worker key of a measurement not banned; the caller operates its node.
    /// - Evidence kind, vendor and stake are within the job's node policy.
    /// - The node is the named one, where one is named, and has not failed at this job.
    function claimJob(JobParams calldata params, address signer) external;

    /// @notice Ends a job, or an attempt, by the receipt of the key that claimed it. Anyone may bring it.
    /// @dev Emits {JobSettled}, {JobFailed} or {JobReopened}.
    /// @param ciphertext the result, at most 4,096 bytes; empty unless the code is 0.
    ///
    /// Requirements:
    /// - The job is claimed and `params` are its own; now ≤ deadline.
    /// - The receipt names this job, its spec, this attempt and a code below 64.
    /// - The signature is that of the claiming key, which is not frozen, destroyed or of a banned measurement.
    /// - On success the ciphertext has the receipt's digest and length, at most `maxOutputBytes`; else it is empty and
    ///   `outputBytes` is zero.
    function settleJob(
        JobParams calldata params,
        Receipt calldata receipt,
        bytes calldata signature,
        bytes calldata ciphertext
    ) external;

    /// @notice Ends a claimed job that nobody settled in time.
    /// @dev Emits {JobTimedOut}.
    ///
    /// Requirements:
    /// - The job is claimed and `params` are its own; now > deadline.
    function timeOutJob(JobParams calldata params) external;

    /// @notice Takes an open job back.
    /// @dev Emits {JobCancelled}.
    ///
    /// Requirements:
    /// - The caller is the requester.
    /// - The job is open and `params` are its own; now > claimBy.
    function cancelJob(JobParams calldata params) external;

    /// @notice Pays all that the market owes the caller in `token`.
    /// @dev Emits {Withdrawn}.
    ///
    /// Requirements:
    /// - Something is owed.
    function withdraw(address token) external returns (uint256 amount);

    /// @notice Whether the chain lets `signer` have an input's keys now. Necessary, never sufficient: guardians go on with
    /// what the opened bundle says.
    /// @return ok whether `reason` is `None`.
    /// @return reason the first failing check in the order of {Reason}, of those that chain state can tell.
    function releasable(JobParams calldata params, uint256 inputIndex, address signer)
        external
        view
        returns (bool ok, Reason reason);

    /// @notice The job as stored; all zero where there is none.
    function jobOf(JobId jobId) external view returns (Job memory);

    /// @notice EIP-712 digest of the receipt that ended the job; zero where none did.
    function receiptOf(JobId jobId) external view returns (bytes32);

    /// @notice Nodes that failed at the job and may not claim it again; 0 where there are fewer than two.
    function excludedNodesOf(JobId jobId) external view returns (NodeId first, NodeId second);

    /// @notice The id that `requester` gets for `salt`.
    function jobIdOf(address requester, bytes32 salt) external view returns (JobId);

    /// @notice keccak(abi(params)).
    function hashParams(JobParams calldata params) external pure returns (bytes32);

    /// @notice EIP-712 digest of `receipt`.
    function receiptDigest(Receipt calldata receipt) external view returns (bytes32);

    /// @notice What the market owes `account`, in `token`'s smallest unit.
    function balanceOf(address token, address account) external view returns (uint256);
}
