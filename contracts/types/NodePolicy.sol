// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Which nodes may compute.
/// @param verifierKinds bitmap of IEvidenceVerifier kinds; bit 0 is simulated. Zero allows nobody.
/// @param vendors bitmap of TEE vendors. Zero allows nobody.
/// @param minStake least stake of the node, in the stake token's smallest unit.
/// @param requesterMayNameNode whether a requester may choose the node.
struct NodePolicy {
    uint32 verifierKinds;
    uint32 vendors;
    uint96 minStake;
    bool requesterMayNameNode;
}

library NodePolicyLib {
    bytes32 internal constant TYPEHASH =
        keccak256("NodePolicy(uint32 verifierKinds,uint32 vendors,uint96 minStake,bool requesterMayNameNode)");

    /// @dev Copies the words of calldata as they are (TermsLib-hashStruct says why that is safe).
    function hashStruct(NodePolicy calldata self) internal pure returns (bytes32 result) {
        bytes32 typehash = TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            calldatacopy(add(free, 0x20), self, 0x80)
            result := keccak256(free, 0xa0)
        }
    }

    /// @dev True where every node that `self` admits is admitted by `outer` too, and `self` admits at least a kind
    /// and a vendor.
    /// @param self copied to memory once for all grants of a job, which also checks each of its words.
    function isWithin(NodePolicy memory self, NodePolicy calldata outer) internal pure returns (bool) {
        return self.verifierKinds != 0 && self.vendors != 0 && self.verifierKinds & ~outer.verifierKinds == 0
            && self.vendors & ~outer.vendors == 0 && self.minStake >= outer.minStake
            && (!self.requesterMayNameNode || outer.requesterMayNameNode);
    }

    /// @param kind index of the verifier's kind, not a bitmap.
    /// @param vendor index of the vendor, not a bitmap.
    function admits(NodePolicy calldata self, uint8 kind, uint8 vendor, uint256 stake) internal pure returns (bool) {
        // An index beyond the 32 bits finds a zero.
        return (uint256(self.verifierKinds) >> kind) & 1 == 1 && (uint256(self.vendors) >> vendor) & 1 == 1
            && stake >= self.minStake;
    }
}
