// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetId, GrantHash} from "./Ids.sol";
import {NodePolicy, NodePolicyLib} from "./NodePolicy.sol";

/// @dev `Terms.kind` of a grant to run programs. Results leave the enclave, data does not.
uint8 constant GRANT_COMPUTE = 1;

/// @dev `Terms.kind` of a grant to read segments: their keys go to the recipient key that the Scope names.
uint8 constant GRANT_READ = 2;

/// @notice The public half of a grant. The private half, the Scope, is named by its hash.
/// @param owner who owns the dataset and signs.
/// @param grantee the only requester that may use the grant.
/// @param kind `GRANT_COMPUTE` or `GRANT_READ`.
/// @param maxUses jobs over the grant's life.
/// @param price per use, in `token`'s smallest unit; zero is free.
/// @param notBefore Unix seconds.
/// @param expiresAt Unix seconds; a job must be due before.
/// @param keyEpoch the dataset's key epoch when signed; rotating keys ends the grant.
/// @param ownerEpoch the owner's epoch when signed; `revokeAll` ends the grant.
/// @param measurementEpoch Unix seconds; supervisors that governance had allowed by then may open the data.
/// @param followUpgrades whether supervisors allowed later may, too.
/// @param maxOutputBytes result bytes over the grant's life.
/// @param scopeHash EIP-712 hashStruct of the Scope.
struct Terms {
    address owner;
    address grantee;
    DatasetId datasetId;
    uint8 kind;
    uint32 maxUses;
    uint96 price;
    address token;
    uint40 notBefore;
    uint40 expiresAt;
    uint32 keyEpoch;
    uint32 ownerEpoch;
    uint40 measurementEpoch;
    bool followUpgrades;
    uint64 maxOutputBytes;
    NodePolicy nodePolicy;
    bytes32 scopeHash;
    bytes32 salt;
}

library TermsLib {
    using NodePolicyLib for NodePolicy;

    bytes32 internal constant TYPEHASH = keccak256(
        "Terms(address owner,address grantee,bytes32 datasetId,uint8 kind,uint32 maxUses,uint96 price,address token,"
        "uint40 notBefore,uint40 expiresAt,uint32 keyEpoch,uint32 ownerEpoch,uint40 measurementEpoch,"
        "bool followUpgrades,uint64 maxOutputBytes,NodePolicy nodePolicy,bytes32 scopeHash,bytes32 salt)"
        "NodePolicy(uint32 verifierKinds,uint32 vendors,uint96 minStake,bool requesterMayNameNode)"
    );

    bytes32 internal constant REVOKE_TYPEHASH = keccak256("Revoke(bytes32 grantHash)");
    bytes32 internal constant REVOKE_ALL_TYPEHASH = keccak256("RevokeAll(address owner,uint32 ownerEpoch)");

    /// @dev Copies the 20 words of calldata as they are: encoding them field by field costs three times as much. A word with
    /// dirty high bits gives a digest that no wallet signs; GrantRegistry stores no grant before it has read each word that
    /// anything depends on, and reading a dirty one reverts.
    function hashStruct(Terms calldata self) internal pure returns (bytes32 result) {
        bytes32 typehash = TYPEHASH;
        bytes32 nodePolicy = self.nodePolicy.hashStruct();
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            calldatacopy(add(free, 0x20), self, 0x1c0) // owner … maxOutputBytes, 14 words
            mstore(add(free, 0x1e0), nodePolicy)
            calldatacopy(add(free, 0x200), add(self, 0x240), 0x40) // scopeHash, salt
            result := keccak256(free, 0x240)
        }
    }

    /// @dev A field as the word that it is, for terms that are looked up by their hash: the words of a grant that is stored
    /// were clean when it was, and others find no grant. Solidity's own reading checks each word once more, and there
    /// are a dozen to read of each grant of a job.
    function word(Terms calldata self, uint256 index) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(self, shl(5, index)))
        }
    }

    /// @dev hashStruct of the message that revokes a grant.
    function hashRevoke(GrantHash grantHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(REVOKE_TYPEHASH, grantHash));
    }

    /// @dev hashStruct of the message that ends every grant of the owner's epoch `ownerEpoch`.
    function hashRevokeAll(address owner, uint32 ownerEpoch) internal pure returns (bytes32) {
        return keccak256(abi.encode(REVOKE_ALL_TYPEHASH, owner, ownerEpoch));
    }
}
