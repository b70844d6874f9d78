// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {EnclaveKey, NodeStatus, Slash} from "../interfaces/INodeRegistry.sol";
import {NodeId} from "../types/Ids.sol";

/// @dev Inherited first, so that the keys are slot 0, whatever else is inherited. Read by enclaves through proofs and
/// therefore part of the interface:
/// slot 0: mapping(address signer => EnclaveKey)
///   + 0: nodeId:32 | keyClass:8 | state:8 | verifierKind:8 | vendor:8 | registeredAt:40 | sealUntil:40 | openUntil:40
///        | measurementEpoch:40 | bansSeen:32    (first field in the lowest bits)
///   + 1: measurement
///   + 2: kemKeyHash
///   + 3: verifierIndex:16 | platform:240, not part of the interface
/// slot 1: mapping(NodeId => NodeRecord), not part of the interface, as all that follows
abstract contract NodeStorage {
    /// @dev One slot: a claim and a receipt read and write it, and nothing else of the node.
    /// @param weightSince block number of the last increase of the node's weight.
    /// @param openClaims each holds one bond of the stake.
    /// @param settled saturates, as `failed` and `burned` do.
    /// @param burned protocol fees, in the units of {INodeRegistry-closeClaim}.
    /// @param factor of reputation, 0 to 65,535: how much of the upper half of the stake counts.
    struct NodeRecord {
        uint96 stake;
        uint32 weightSince;
        NodeStatus status;
        uint8 roles;
        uint16 openClaims;
        uint24 settled;
        uint16 failed;
        uint32 burned;
        uint16 factor;
    }

    struct VerifierRecord {
        bool allowed;
        uint8 kind;
        uint16 index;
    }

    /// @dev One slot, read by each claim.
    /// @param weight of all nodes that may claim.
    /// @param pausedUntil Unix seconds; nothing is claimed before.
    /// @param bans of measurements so far; a key that has seen as many is of none that is banned.
    /// @param verifierCount how often one was allowed; the last has this index.
    struct Totals {
        uint128 weight;
        uint32 nodeCount;
        uint40 pausedUntil;
        uint32 bans;
        uint16 verifierCount;
    }

    mapping(address signer => EnclaveKey) internal _keys;
    mapping(NodeId nodeId => NodeRecord) internal _nodes;
    mapping(NodeId nodeId => string) internal _endpoints;
    mapping(NodeId nodeId => uint40) internal _exitAt;
    mapping(IEvidenceVerifier verifier => VerifierRecord) internal _verifiers;
    mapping(uint256 slashId => Slash) internal _slashes;
    mapping(address account => uint256) internal _compensations;
    Totals internal _totals;
    uint256 internal _slashCount;
    /// @dev Keys whose equivocation was slashed.
    mapping(address signer => bool) internal _condemned;
}
