// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IMeasurementPolicy} from "../interfaces/IMeasurementPolicy.sol";
import {INodeMetadata} from "../interfaces/INodeMetadata.sol";
import {INodeRegistry, Node} from "../interfaces/INodeRegistry.sol";
import {NodeId} from "../types/Ids.sol";
import {EnclaveKeys} from "./EnclaveKeys.sol";
import {NodeClaims} from "./NodeClaims.sol";
import {NodeStakes} from "./NodeStakes.sol";
import {NodeWeight} from "./NodeWeight.sol";

/// @title NodeRegistry
/// @dev Storage is drawn in NodeStorage; NodeStakes, EnclaveKeys, NodeSlashes and NodeClaims are its parts.
contract NodeRegistry is NodeClaims {
    using NodeWeight for NodeRecord;

    INodeMetadata public immutable METADATA;

    /// @param claimBond in the stake token's smallest unit.
    constructor(
        IERC20 stakeToken,
        IMeasurementPolicy measurements,
        address market,
        address authority,
        uint96 claimBond,
        INodeMetadata metadata
    )
        NodeStakes(stakeToken, claimBond)
        EnclaveKeys(measurements)
        NodeClaims(market)
        AccessManaged(authority)
    {
        METADATA = metadata;
    }

    /// @inheritdoc INodeRegistry
    function nodeOf(NodeId nodeId) public view returns (Node memory) {
        NodeRecord memory node = _nodes[nodeId];
        return Node({
            operator: _operatorOf(nodeId),
            stake: node.stake,
            roles: node.roles,
            status: node.status,
            exitAt: _exitAt[nodeId],
            openClaims: node.openClaims,
            settled: node.settled,
            failed: node.failed,
            burned: node.burned * BURNED_UNIT,
            weight: node.weightOf(),
            weightSince: node.weightSince,
            endpoint: _endpoints[nodeId]
        });
    }

    /// @inheritdoc INodeRegistry
    function nodeCount() external view returns (uint32) {
        return _totals.nodeCount;
    }

    /// @notice What a wallet shows of a node, made from what the chain knows of it.
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        _requireOwned(tokenId);
        // Token ids are node ids.
        return METADATA.uriOf(NodeId.wrap(uint32(tokenId)), nodeOf(NodeId.wrap(uint32(tokenId))));
    }
}
