// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {JobId, NodeId} from "../types/Ids.sol";
import {NodePolicy} from "../types/NodePolicy.sol";
import {EnclaveBinding} from "../types/EnclaveBinding.sol";
import {IEvidenceVerifier} from "./IEvidenceVerifier.sol";

/// @dev Active → Draining → Active, Active, Draining → Exiting → Exited, by the operator. A node never comes back from
/// Exiting; register a new one.
enum NodeStatus {
    None,
    Active,
    Exiting,
    Exited,
    Draining // claims nothing new, finishes what it has
}

/// @dev Active → Draining by the operator. Active, Draining → Frozen → Active by governance. Any → Destroyed by the
/// operator; nothing leaves Destroyed.
enum KeyState {
    None,
    Active, // claims, seals, releases
    Draining, // finishes what it has; nothing new is given to it
    Frozen, // nothing, until governance has looked
    Destroyed // nothing, ever
}

/// @dev How a claim ended, for the node's counters, reputation and stake.
enum ClaimOutcome {
    Settled, // counts for the node
    ProvedFailure, // counts neither way
    UnprovedFailure, // counts against; a small part of the bond is slashed
    TimedOut, // counts against, halves what was burned for it; the bond is slashed
    TimedOutAgain, // as TimedOut, but the job is to blame: nothing is slashed
    Displaced // a better claim of the same block took the job: as if never claimed
}

enum SlashCause {
    UnprovedFailure,
    TimedOut,
    Equivocation
}

/// @dev Taken from a stake, not yet from the world: governance may cancel it until `executableAt`.
/// @param amount in the stake token's smallest unit.
/// @param victim gets `cost` of it at most; the rest is burned.
struct Slash {
    NodeId nodeId;
    uint40 executableAt;
    SlashCause cause;
    uint96 amount;
    address victim;
    uint96 cost;
}

/// @param stake in the stake token's smallest unit.
/// @param exitAt Unix seconds; when the stake can be withdrawn. 0 before {requestExit}.
/// @param roles bitmap: 1 worker, 2 guardian, 4 ingestor.
/// @param openClaims jobs that the node has claimed and that have not ended.
/// @param settled jobs that ended with a result.
/// @param failed claims that ended without proof that the node is not to blame.
/// @param burned protocol fees of its jobs, in the stake token's smallest unit.
/// @param weight in the race for jobs; 0 where the node may not claim.
/// @param weightSince block number since which it has not grown.
struct Node {
    address operator;
    uint96 stake;
    uint8 roles;
    NodeStatus status;
    uint40 exitAt;
    uint16 openClaims;
    uint24 settled;
    uint16 failed;
    uint256 burned;
    uint256 weight;
    uint32 weightSince;
    string endpoint;
}

/// @dev As stored: slot 0 holds all but the last four, `nodeId` in the lowest bits; slot 1 `measurement`, slot 2
/// `kemKeyHash`, slot 3 the last two. Times are Unix seconds.
/// @param verifierKind index, as in `NodePolicy.verifierKinds`.
/// @param vendor index, as in `NodePolicy.vendors`.
/// @param sealUntil nothing new is sealed to the key from then on.
/// @param openUntil the key is of no use from then on.
/// @param measurementEpoch when governance allowed its measurement.
/// @param bansSeen how many measurements had been banned when the key was registered.
/// @param verifierIndex which verifier let it in, or renewed it last.
/// @param platform what that verifier keeps of the machine, for {INodeRegistry-poke}.
struct EnclaveKey {
    NodeId nodeId;
    uint8 keyClass;
    KeyState state;
    uint8 verifierKind;
    uint8 vendor;
    uint40 registeredAt;
    uint40 sealUntil;
    uint40 openUntil;
    uint40 measurementEpoch;
    uint32 bansSeen;
    bytes32 measurement;
    bytes32 kemKeyHash;
    uint16 verifierIndex;
    bytes30 platform;
}

/// @notice A key with all that decides what it may do now.
/// @param state the key's, made worse by what the node does: an exiting node's keys drain, an exited node's are gone.
/// @param banned whether its measurement is.
/// @param measurementEpoch Unix seconds at which governance allowed its measurement.
struct EnclaveKeyStatus {
    NodeId nodeId;
    address operator;
    uint96 stake;
    uint8 keyClass;
    KeyState state;
    uint8 verifierKind;
    uint8 vendor;
    uint40 sealUntil;
    uint40 openUntil;
    bytes32 measurement;
    uint40 measurementEpoch;
    bool banned;
}

/// @notice What the race for a job needs of a claimer.
/// @param weight of its node now.
/// @param weightSince block number since which that has not grown.
/// @param totalWeight of all nodes.
struct Claimer {
    NodeId nodeId;
    uint256 weight;
    uint256 weightSince;
    uint256 totalWeight;
}

/// @title Nodes, their stake and their attested keys
/// @notice A node is a soulbound ERC-721 token (ERC-5192) of its operator.
interface INodeRegistry {
    event NodeRegistered(
        NodeId indexed nodeId, address indexed operator, uint8 roles, uint96 stake, string endpoint
    );
    event NodeEndpointChanged(NodeId indexed nodeId, string endpoint);
    event NodeDrained(NodeId indexed nodeId, address indexed operator);
    event NodeResumed(NodeId indexed nodeId, address indexed operator);

    /// @param stake after the change.
    event NodeStakeAdded(NodeId indexed nodeId, address indexed payer, uint96 amount, uint96 stake);

    /// @param weight in the race for jobs, of jobs posted in later blocks.
    event NodeWeightChanged(NodeId indexed nodeId, uint256 weight, uint256 totalWeight);

    /// @param exitAt Unix seconds; when the stake can be withdrawn.
    event NodeExitRequested(NodeId indexed nodeId, address indexed operator, uint40 exitAt);
    event NodeExited(NodeId indexed nodeId, address indexed operator, uint96 stake);

    /// @notice A part of a stake is out of its operator's reach. Carried out from `executableAt` on, unless cancelled.
    event NodeSlashed(
        NodeId indexed nodeId,
        uint256 indexed slashId,
        SlashCause cause,
        uint96 amount,
        address victim,
        uint96 cost,
        uint40 executableAt
    );

    /// @notice The appeal was heard: `amount` is stake again, or owed to an operator that has left.
    event SlashCancelled(uint256 indexed slashId, NodeId indexed nodeId, uint96 amount);
    event SlashExecuted(uint256 indexed slashId, NodeId indexed nodeId, uint96 paid, uint96 burned);
    event CompensationWithdrawn(address indexed account, uint256 amount);

    /// @param until Unix seconds.
    event ClaimsPaused(address indexed pauser, uint40 until);
    event ClaimsUnpaused(address indexed caller);

    event EnclaveKeyAdded(
        NodeId indexed nodeId,
        address indexed signer,
        uint8 indexed keyClass,
        bytes32 measurement,
        bytes32 kemKeyHash,
        bytes32 evidenceHash,
        IEvidenceVerifier verifier,
        uint8 verifierKind,
        uint8 vendor,
        uint40 sealUntil,
        uint40 openUntil
    );
    event EnclaveKeyRenewed(
        NodeId indexed nodeId,
        address indexed signer,
        bytes32 evidenceHash,
        IEvidenceVerifier verifier,
        uint40 sealUntil,
        uint40 openUntil
    );

    /// @notice What is known of the key's platform has changed, and the key ends sooner.
    event EnclaveKeyShortened(NodeId indexed nodeId, address indexed signer, uint40 sealUntil, uint40 openUntil);
    event EnclaveKeyStateChanged(NodeId indexed nodeId, address indexed signer, KeyState state);

    event VerifierAllowed(IEvidenceVerifier indexed verifier, uint8 kind);
    event VerifierRemoved(IEvidenceVerifier indexed verifier);

    error NodeRolesInvalid(uint8 roles);
    error NodeEndpointTooLong(uint256 got, uint256 max);
    error NodeUnknown(NodeId nodeId);
    error NodeNotActive(NodeId nodeId, NodeStatus status);
    error NodeCallerNotOperator(NodeId nodeId, address caller, address operator);
    error NodeCallerNotPolicy(address caller, address policy);
    error NodeCallerNotMarket(address caller, address market);
    error NodeExitNotRequested(NodeId nodeId, NodeStatus status);
    error NodeStillBonded(NodeId nodeId, uint40 exitAt, uint256 timestamp);
    error NodeHasOpenClaims(NodeId nodeId, uint16 openClaims);
    error NodeStatusInvalid(NodeId nodeId, NodeStatus status);
    error NodeStakeMissing(NodeId nodeId);
    /// @notice Node tokens never move and cannot be approved.
    error NodeSoulbound();

    error SlashUnknown(uint256 slashId);
    error SlashAppealOpen(uint256 slashId, uint40 executableAt, uint256 timestamp);
    error SlashAppealOver(uint256 slashId, uint40 executableAt, uint256 timestamp);
    error CompensationEmpty(address account);

    error ClaimsArePaused(uint40 until);
    error ClaimsNotPaused();
    /// @notice Between two pauses lies as much time as a pause may last.
    error PauseTooSoon(uint256 earliest, uint256 timestamp);
    error PauseTooLong(uint256 got, uint256 max);

    error ClaimCallerNotOperator(JobId jobId, address caller, address operator);
    error ClaimKeyNotWorker(JobId jobId, address signer);
    error ClaimKeyNotActive(JobId jobId, address signer, KeyState state);
    error ClaimKeyExpired(JobId jobId, address signer, uint40 openUntil);
    error ClaimMeasurementBanned(JobId jobId, bytes32 measurement);
    error ClaimPolicyMismatched(JobId jobId, NodeId nodeId);
    error ClaimNodeNotNamed(JobId jobId, NodeId got, NodeId wanted);
    /// @notice Each open claim holds one bond; the stake has no other left.
    error ClaimBondMissing(JobId jobId, NodeId nodeId, uint256 stake, uint256 wanted);

    error EnclaveKeyAlreadyExists(address signer);
    error EnclaveKeyUnknown(address signer);
    error EnclaveKeyClassInvalid(address signer, uint8 keyClass, uint8 roles);
    error EnclaveKeyStateInvalid(address signer, KeyState state);
    error EnclaveKeyNotUsable(address signer, KeyState state, bool banned);
    error EnclaveKeyExpired(address signer, uint256 until, uint256 timestamp);
    /// @notice A renewal is of the same class, KEM key and measurement.
    error EnclaveKeyNotTheSame(address signer);
    error ConsentExpired(NodeId nodeId, uint40 deadline, uint256 timestamp);
    error ConsentSignatureInvalid(NodeId nodeId, address operator);
    error BindingChainMismatch(address signer, uint256 got, uint256 wanted);
    error BindingRegistryMismatch(address signer, address got, address wanted);
    error BindingOperatorMismatch(address signer, address got, address wanted);
    error BindingBlockUnknown(address signer, uint64 blockNumber, bytes32 blockHash);
    error BindingKemKeyMissing(address signer);
    error BindingSignatureInvalid(address signer);
    error EvidenceReportMismatch(address signer, bytes32 got, bytes32 wanted);
    error EvidenceMeasurementNotAllowed(address signer, bytes32 measurement);

    error VerifierUnknown(IEvidenceVerifier verifier);
    error VerifierAlreadyAllowed(IEvidenceVerifier verifier);
    error VerifierKindInvalid(IEvidenceVerifier verifier, uint8 kind);
    /// @notice Simulated evidence counts on development chains only.
    error VerifierSimulated(IEvidenceVerifier verifier, uint256 chainId);

    /// @notice Stakes are in this ERC-20 token.
    function STAKE_TOKEN() external view returns (IERC20);

    /// @notice Part of a stake that an open claim holds, in the stake token's smallest unit.
    function CLAIM_BOND() external view returns (uint96);

    /// @notice Seconds between {requestExit} and {withdrawStake}. Longer than any job runs.
    function UNBONDING() external view returns (uint256);

    /// @notice Seconds in which governance may cancel a slash.
    function APPEAL_DELAY() external view returns (uint256);

    /// @notice Seconds that one pause of claims lasts at most, and that lie between two.
    function MAX_PAUSE() external view returns (uint256);

    /// @notice Registers a node of the caller, mints its token and takes its stake.
    /// @dev Emits {NodeRegistered}, {NodeWeightChanged}, ERC-5192 `Locked` and ERC-721 `Transfer`.
    /// @param roles bitmap: 1 worker, 2 guardian, 4 ingestor.
    /// @param stake in the stake token's smallest unit.
    ///
    /// Requirements:
    /// - At least one role and no unknown one.
    /// - `endpoint` has at most 256 bytes.
    /// - The caller has allowed `stake`; all of it arrives.
    function registerNode(uint8 roles, uint96 stake, string calldata endpoint) external returns (NodeId nodeId);

    /// @notice {registerNode} with an ERC-2612 permit for the stake. A permit that somebody else has spent already does
    /// no harm: what counts is the allowance.
    ///
    /// Requirements: as {registerNode}.
    function registerNodeWithPermit(
        uint8 roles,
        uint96 stake,
        string calldata endpoint,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (NodeId nodeId);

    /// @notice Adds to a node's stake. The node takes no part in races for jobs posted before this block, so nobody else may
    /// pay: a gift would take a node out of a race.
    /// @dev Emits {NodeStakeAdded} and {NodeWeightChanged}.
    ///
    /// Requirements:
    /// - The caller operates the node, which is active or draining; `amount` is not zero.
    /// - The caller has allowed `amount`; all of it arrives.
    function addStake(NodeId nodeId, uint96 amount) external;

    /// @notice Makes the fees burned so far count for the node's weight. The node takes no part in races for jobs posted
    /// up to this block, so an operator does it now and then.
    /// @dev Emits {NodeWeightChanged}.
    ///
    /// Requirements:
    /// - The caller operates the node, which is active.
    function refreshWeight(NodeId nodeId) external;

    /// @dev Emits {NodeEndpointChanged}.
    ///
    /// Requirements:
    /// - The caller operates the node, which is active.
    /// - `endpoint` has at most 256 bytes.
    function setEndpoint(NodeId nodeId, string calldata endpoint) external;

    /// @notice Takes a node out of the races. Its keys drain, and it gets no new ones.
    /// @dev Emits {NodeDrained} and {NodeWeightChanged}.
    ///
    /// Requirements:
    /// - The caller operates the node, which is active.
    function drainNode(NodeId nodeId) external;

    /// @notice Takes a drained node back into the races of jobs posted from now on.
    /// @dev Emits {NodeResumed} and {NodeWeightChanged}.
    ///
    /// Requirements:
    /// - The caller operates the node, which is draining.
    function resumeNode(NodeId nodeId) external;

    /// @notice Starts unbonding. The node's keys drain, and it gets no new ones.
    /// @dev Emits {NodeExitRequested} and {NodeWeightChanged}.
    ///
    /// Requirements:
    /// - The caller operates the node, which is active or draining.
    function requestExit(NodeId nodeId) external;

    /// @notice Pays the stake back to the operator. The node's keys are of no use from now on.
    /// @dev Emits {NodeExited}.
    ///
    /// Requirements:
    /// - The caller operates the node, which is exiting, and the unbonding time is over.
    /// - The node has no open claim.
    function withdrawStake(NodeId nodeId) external;

    /// @notice Adds an attested key to a node.
    /// @dev Emits {EnclaveKeyAdded}. The evidence's report data is
    /// `signer:20 ‖ hashStruct(binding):32 ‖ "PSN1" ‖ uint64 expiry asked for (0: as long as allowed)`.
    /// @param evidence what `verifier` reads.
    /// @param signature of the binding's digest by `binding.signer`: proof of possession.
    ///
    /// Requirements:
    /// - The caller operates the node, which is active and has the role of the key's class.
    /// - The signer has never been registered.
    /// - The binding names this chain, this registry, the caller, a KEM key, and one of the last 256 blocks; of the last 8,191
    /// where the chain keeps them (EIP-2935).
    /// - The verifier is allowed and accepts the evidence, whose report data is as above.
    /// - The measurement is allowed.
    /// - The key is not expired already.
    function addEnclaveKey(
        NodeId nodeId,
        EnclaveBinding calldata binding,
        bytes calldata evidence,
        IEvidenceVerifier verifier,
        bytes calldata signature
    ) external;

    /// @notice {addEnclaveKey} by anyone, where the operator has signed that it agrees.
    /// @dev Emits {EnclaveKeyAdded}.
    /// @param deadline Unix seconds; the consent counts until then.
    /// @param consent the operator's signature over {IMeasurementPolicy-consentDigest}, which names node and binding; of a
    /// contract as ERC-1271 has it.
    ///
    /// Requirements: as {addEnclaveKey}, with the operator in the caller's place, and
    /// - The consent is the operator's, for this node and this very binding, and its deadline is not over.
    function addEnclaveKeyBySig(
        NodeId nodeId,
        EnclaveBinding calldata binding,
        bytes calldata evidence,
        IEvidenceVerifier verifier,
        bytes calldata signature,
        uint40 deadline,
        bytes calldata consent
    ) external;

    /// @notice Attests a key anew: it lives on as if it had just been registered. Anyone may call: the evidence is the
    /// enclave's own, names the operator, and gives a key nothing but time.
    /// @dev Emits {EnclaveKeyRenewed}.
    /// @param binding as for {addEnclaveKey}, with a new block.
    ///
    /// Requirements: those of {addEnclaveKey} for binding, evidence and verifier, and
    /// - The key is active or draining. What its node does limits it as before.
    /// - Class, KEM key and measurement are the key's.
    function renewEnclaveKey(
        EnclaveBinding calldata binding,
        bytes calldata evidence,
        IEvidenceVerifier verifier,
        bytes calldata signature
    ) external;

    /// @notice Judges a key's platform by what is known of it now. A key whose platform was revoked or no longer suffices, or
    /// whose verifier was removed, ends at once; a worker's never lasts longer than its platform does. Renewing helps.
    /// @dev Emits {EnclaveKeyShortened} where the key ends sooner than before. Anyone may call.
    /// @return openUntil of the key, Unix seconds.
    ///
    /// Requirements:
    /// - The key is registered.
    function poke(address signer) external returns (uint40 openUntil);

    /// @notice Takes a key out of service gently.
    /// @dev Emits {EnclaveKeyStateChanged}.
    ///
    /// Requirements:
    /// - The caller operates the key's node.
    /// - The key is active.
    function drainEnclaveKey(address signer) external;

    /// @notice Takes a key out of service for ever. What it claimed cannot be settled any more.
    /// @dev Emits {EnclaveKeyStateChanged}.
    ///
    /// Requirements:
    /// - The caller operates the key's node.
    /// - The key is not destroyed.
    function destroyEnclaveKey(address signer) external;

    /// @notice Stops a key at once.
    /// @dev Emits {EnclaveKeyStateChanged}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - The key is active or draining.
    function freezeEnclaveKey(address signer) external;

    /// @notice Lets a frozen key work again, as active: its operator drains it once more if it was draining.
    /// @dev Emits {EnclaveKeyStateChanged}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - The key is frozen.
    function unfreezeEnclaveKey(address signer) external;

    /// @notice Accepts evidence that `verifier` accepts.
    /// @dev Emits {VerifierAllowed}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - Not allowed already; its kind is below 32.
    /// - Simulated, or kind 0, on development chains only.
    function allowVerifier(IEvidenceVerifier verifier) external;

    /// @notice Stops accepting new keys by `verifier`. To kill keys it let in, ban their measurements.
    /// @dev Emits {VerifierRemoved}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - The verifier is allowed.
    function removeVerifier(IEvidenceVerifier verifier) external;

    /// @notice Checks that a key may take a job and holds a bond for it.
    /// @dev Emits nothing: the market's JobClaimed says it.
    /// @param caller who claims.
    /// @param namedNode the only node that may; 0 for any.
    ///
    /// Requirements:
    /// - The caller of this function is the market; claims are not paused.
    /// - `signer` is an active, unexpired worker key of a measurement not banned; `caller` operates its node.
    /// - Evidence kind, vendor and stake are within `policy`; the node is the named one, where one is named.
    /// - The stake holds one more bond.
    function openClaim(JobId jobId, address signer, address caller, NodeId namedNode, NodePolicy calldata policy)
        external
        returns (Claimer memory);

    /// @notice Counts how a claim ended and gives the bond back, or takes it.
    /// @dev Emits {NodeSlashed} and {NodeWeightChanged} where the stake pays.
    /// @param burned protocol fee of the job, in units of 1e16 of the stake token's smallest unit; counts where settled,
    /// unless the operator is the requester itself.
    /// @param requester of the job.
    /// @param cost what it has lost by a claim that timed out, in the stake token's smallest unit.
    /// @return nodeId of the key's node.
    /// @return operator of that node.
    ///
    /// Requirements:
    /// - The caller is the market.
    /// - Where a receipt ended the claim, the key is not frozen, destroyed or of a banned measurement.
    function closeClaim(address signer, ClaimOutcome outcome, uint32 burned, address requester, uint96 cost)
        external
        returns (NodeId nodeId, address operator);

    /// @notice Destroys a key that has signed two receipts for one job and slashes its node's whole stake.
    /// @dev Emits {EnclaveKeyStateChanged}, {NodeSlashed} and {NodeWeightChanged}.
    ///
    /// Requirements:
    /// - The caller is the market.
    /// - `signer` is a key of a node and was not slashed for this before. Its operator may have destroyed it meanwhile.
    function slashEquivocation(address signer) external returns (NodeId nodeId);

    /// @notice Gives a slashed amount back after an appeal, and weighs the node's fees against its stake once more.
    /// @dev Emits {SlashCancelled} and {NodeWeightChanged}. Where the node has left meanwhile, its operator gets it as
    /// compensation.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - The slash is pending and its appeal delay is running.
    function cancelSlash(uint256 slashId) external;

    /// @notice Pays the victim and burns the rest. Anyone may call.
    /// @dev Emits {SlashExecuted}.
    ///
    /// Requirements:
    /// - The slash is pending and its appeal delay is over.
    function executeSlash(uint256 slashId) external;

    /// @notice Pays what slashes owe the caller.
    /// @dev Emits {CompensationWithdrawn}.
    ///
    /// Requirements:
    /// - Something is owed.
    function withdrawCompensation() external returns (uint256 amount);

    /// @notice Stops new claims, and nothing else: receipts, revocations, refunds and withdrawals go on, and requesters
    /// may cancel when their claim window is over. Ends by itself.
    /// @dev Emits {ClaimsPaused}.
    /// @param duration in seconds.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - At most {MAX_PAUSE}, and the last pause ended {MAX_PAUSE} ago.
    function pauseClaims(uint40 duration) external;

    /// @notice Ends a pause early.
    /// @dev Emits {ClaimsUnpaused}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - Claims are paused.
    function unpauseClaims() external;

    /// @notice The key as stored; all zero where there is none.
    function enclaveKeyOf(address signer) external view returns (EnclaveKey memory);

    /// @notice The key with what its node and its measurement make of it; all zero where there is none.
    function keyStatusOf(address signer) external view returns (EnclaveKeyStatus memory);

    /// @notice Who runs the node of a key; zero where there is none.
    function operatorOf(address signer) external view returns (address);

    /// @notice The node; all zero where there is none.
    function nodeOf(NodeId nodeId) external view returns (Node memory);

    /// @notice How many nodes were ever registered; the last has this id.
    function nodeCount() external view returns (uint32);

    /// @notice What a claimer's place in a race follows from, for a node's own planning.
    function claimerOf(address signer) external view returns (Claimer memory);

    /// @notice Until when claims are paused, Unix seconds; the past where they are not.
    function pausedUntil() external view returns (uint40);

    /// @notice A pending slash; all zero where there is none, or no longer.
    function slashOf(uint256 slashId) external view returns (Slash memory);

    /// @notice How many slashes there ever were; the last has this id.
    function slashCount() external view returns (uint256);

    /// @notice What slashes owe `account`, in the stake token's smallest unit.
    function compensationOf(address account) external view returns (uint256);

    /// @notice Whether `verifier` is allowed, and as which kind.
    function verifierOf(IEvidenceVerifier verifier) external view returns (bool allowed, uint8 kind);

    /// @notice EIP-712 digest that the signer signs.
    function bindingDigest(EnclaveBinding calldata binding) external view returns (bytes32);

    /// @notice EIP-712 hashStruct that the evidence's report data carries.
    function hashBinding(EnclaveBinding calldata binding) external pure returns (bytes32);
}
