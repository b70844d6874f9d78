// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {NodeId} from "../types/Ids.sol";
import {EnclaveBinding} from "../types/EnclaveBinding.sol";
import {IEvidenceVerifier} from "./IEvidenceVerifier.sol";

/// @dev Active → Exiting → Exited, by the operator. A node never comes back; register a new one.
enum NodeStatus {
    None,
    Active,
    Exiting,
    Exited
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

/// @dev How a claim ended, for the node's counters.
enum ClaimOutcome {
    Settled, // counts for the node
    ProvedFailure, // counts neither way
    UnprovedFailure, // counts against
    TimedOut // counts against
}

/// @param exitAt Unix seconds; when the stake can be withdrawn. 0 before {requestExit}.
/// @param roles bitmap: 1 worker, 2 guardian, 4 ingestor.
/// @param settled jobs that ended with a result.
/// @param failed claims that ended without proof that the node is not to blame.
struct Node {
    address operator;
    uint128 stake;
    uint8 roles;
    NodeStatus status;
    uint40 exitAt;
    uint32 settled;
    uint32 failed;
    string endpoint;
}

/// @dev As stored: slot 0 holds all but the last two, `nodeId` in the lowest bits; slot 1 `measurement`, slot 2
/// `kemKeyHash`. Times are Unix seconds.
/// @param verifierKind index, as in `NodePolicy.verifierKinds`.
/// @param vendor index, as in `NodePolicy.vendors`.
/// @param sealUntil nothing new is sealed to the key from then on.
/// @param openUntil the key is of no use from then on.
struct EnclaveKey {
    NodeId nodeId;
    uint8 keyClass;
    KeyState state;
    uint8 verifierKind;
    uint8 vendor;
    uint40 registeredAt;
    uint40 sealUntil;
    uint40 openUntil;
    bytes32 measurement;
    bytes32 kemKeyHash;
}

/// @notice A key with all that decides what it may do now.
/// @param state the key's, made worse by what the node does: an exiting node's keys drain, an exited node's are gone.
/// @param banned whether its measurement is.
/// @param measurementEpoch the epoch at which its measurement was allowed.
struct EnclaveKeyStatus {
    NodeId nodeId;
    address operator;
    uint128 stake;
    uint8 keyClass;
    KeyState state;
    uint8 verifierKind;
    uint8 vendor;
    uint40 sealUntil;
    uint40 openUntil;
    bytes32 measurement;
    uint32 measurementEpoch;
    bool banned;
}

/// @title Nodes, their stake and their attested keys
/// @notice A node is a soulbound ERC-721 token (ERC-5192) of its operator.
interface INodeRegistry {
    event NodeRegistered(
        NodeId indexed nodeId, address indexed operator, uint8 roles, uint128 stake, string endpoint
    );
    event NodeEndpointChanged(NodeId indexed nodeId, string endpoint);

    /// @param exitAt Unix seconds; when the stake can be withdrawn.
    event NodeExitRequested(NodeId indexed nodeId, address indexed operator, uint40 exitAt);
    event NodeExited(NodeId indexed nodeId, address indexed operator, uint128 stake);

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
    event EnclaveKeyStateChanged(NodeId indexed nodeId, address indexed signer, KeyState state);

    event VerifierAllowed(IEvidenceVerifier indexed verifier, uint8 kind);
    event VerifierRemoved(IEvidenceVerifier indexed verifier);

    error NodeRolesInvalid(uint8 roles);
    error NodeEndpointTooLong(uint256 got, uint256 max);
    error NodeUnknown(NodeId nodeId);
    error NodeNotActive(NodeId nodeId, NodeStatus status);
    error NodeCallerNotOperator(NodeId nodeId, address caller, address operator);
    error NodeCallerNotMarket(address caller, address market);
    error NodeExitNotRequested(NodeId nodeId, NodeStatus status);
    error NodeStillBonded(NodeId nodeId, uint40 exitAt, uint256 timestamp);
    /// @notice Node tokens never move and cannot be approved.
    error NodeSoulbound();

    error EnclaveKeyAlreadyExists(address signer);
    error EnclaveKeyUnknown(address signer);
    error EnclaveKeyClassInvalid(address signer, uint8 keyClass, uint8 roles);
    error EnclaveKeyStateInvalid(address signer, KeyState state);
    error EnclaveKeyNotUsable(address signer, KeyState state, bool banned);
    error EnclaveKeyExpired(address signer, uint256 until, uint256 timestamp);
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

    /// @notice Registers a node of the caller, mints its token and takes its stake.
    /// @dev Emits {NodeRegistered}, ERC-5192 `Locked` and ERC-721 `Transfer`.
    /// @param roles bitmap: 1 worker, 2 guardian, 4 ingestor.
    /// @param stake in the stake token's smallest unit.
    ///
    /// Requirements:
    /// - At least one role and no unknown one.
    /// - `endpoint` has at most 256 bytes.
    /// - The caller has allowed `stake`; all of it arrives.
    function registerNode(uint8 roles, uint128 stake, string calldata endpoint) external returns (NodeId nodeId);

    /// @dev Emits {NodeEndpointChanged}.
    ///
    /// Requirements:
    /// - The caller operates the node, which is active.
    /// - `endpoint` has at most 256 bytes.
    function setEndpoint(NodeId nodeId, string calldata endpoint) external;

    /// @notice Starts unbonding. The node's keys drain, and it gets no new ones.
    /// @dev Emits {NodeExitRequested}.
    ///
    /// Requirements:
    /// - The caller operates the node, which is active.
    function requestExit(NodeId nodeId) external;

    /// @notice Pays the stake back to the operator. The node's keys are of no use from now on.
    /// @dev Emits {NodeExited}.
    ///
    /// Requirements:
    /// - The caller operates the node, which is exiting, and the unbonding time is over.
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
    /// - The binding names this chain, this registry, the caller, a KEM key, and one of the last 256 blocks.
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

    /// @notice Counts how a claim ended.
    ///
    /// Requirements:
    /// - The caller is the market.
    /// - Unless timed out, the key is not frozen, destroyed or of a banned measurement.
    /// @return nodeId of the key's node.
    /// @return operator of that node.
    function recordOutcome(address signer, ClaimOutcome outcome) external returns (NodeId nodeId, address operator);

    /// @notice The key as stored; all zero where there is none.
    function enclaveKeyOf(address signer) external view returns (EnclaveKey memory);

    /// @notice The key with what its node and its measurement make of it; all zero where there is none.
    function keyStatusOf(address signer) external view returns (EnclaveKeyStatus memory);

    /// @notice The node; all zero where there is none.
    function nodeOf(NodeId nodeId) external view returns (Node memory);

    /// @notice How many nodes were ever registered; the last has this id.
    function nodeCount() external view returns (uint32);

    /// @notice Whether `verifier` is allowed, and as which kind.
    function verifierOf(IEvidenceVerifier verifier) external view returns (bool allowed, uint8 kind);

    /// @notice EIP-712 digest that the signer signs.
    function bindingDigest(EnclaveBinding calldata binding) external view returns (bytes32);

    /// @notice EIP-712 hashStruct that the evidence's report data carries.
    function hashBinding(EnclaveBinding calldata binding) external pure returns (bytes32);
}
