// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {EnclaveKey, NodeStatus} from "../interfaces/INodeRegistry.sol";
import {NodeId} from "../types/Ids.sol";

/// @dev Inherited first, so that the keys are slot 0, whatever else is inherited. Read by enclaves through proofs and
/// therefore part of the interface:
/// slot 0: mapping(address signer => EnclaveKey)
///   + 0: nodeId:32 | keyClass:8 | state:8 | verifierKind:8 | vendor:8 | registeredAt:40 | sealUntil:40 | openUntil:40
///        (first field in the lowest bits)
///   + 1: measurement
///   + 2: kemKeyHash
/// slot 1: mapping(NodeId => NodeRecord), not part of the interface, as all that follows
abstract contract NodeStorage {
    struct NodeRecord {
        uint128 stake;
        uint8 roles;
        NodeStatus status;
        uint40 exitAt;
        uint32 settled;
        uint32 failed;
    }

    struct VerifierRecord {
        bool allowed;
        uint8 kind;
    }

    mapping(address signer => EnclaveKey) internal _keys;
    mapping(NodeId nodeId => NodeRecord) internal _nodes;
    mapping(NodeId nodeId => string) internal _endpoints;
    mapping(IEvidenceVerifier verifier => VerifierRecord) internal _verifiers;
    uint32 internal _nodeCount;
}
