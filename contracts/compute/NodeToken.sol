// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC5192} from "../interfaces/IERC5192.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {NodeId} from "../types/Ids.sol";

/// @dev A node's identity: minted once, to its operator, and never moved, approved or burned.
abstract contract NodeToken is ERC721, IERC5192 {
    constructor() ERC721("Persona Node", "PNODE") {}

    /// @inheritdoc IERC5192
    function locked(uint256 tokenId) external view returns (bool) {
        _requireOwned(tokenId);
        return true;
    }

    /// @dev Always reverts.
    function approve(address, uint256) public pure override {
        revert INodeRegistry.NodeSoulbound();
    }

    /// @dev Always reverts.
    function setApprovalForAll(address, bool) public pure override {
        revert INodeRegistry.NodeSoulbound();
    }

    /// @dev Always reverts, as does {safeTransferFrom} without data.
    function transferFrom(address, address, uint256) public pure override {
        revert INodeRegistry.NodeSoulbound();
    }

    /// @dev Always reverts.
    function safeTransferFrom(address, address, uint256, bytes memory) public pure override {
        revert INodeRegistry.NodeSoulbound();
    }

    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IERC5192).interfaceId || super.supportsInterface(interfaceId);
    }

    /// @dev No callback to the receiver: an operator that is a contract knows that it registers.
    function _mintLocked(address operator, NodeId nodeId) internal {
        _mint(operator, NodeId.unwrap(nodeId));
        emit Locked(NodeId.unwrap(nodeId));
    }

    function _operatorOf(NodeId nodeId) internal view returns (address) {
        return _ownerOf(NodeId.unwrap(nodeId));
    }
}
