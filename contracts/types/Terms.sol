// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetId, GrantHash} from "./Ids.sol";
import {NodePolicy, NodePolicyLib} from "./NodePolicy.sol";

/// @dev `Terms.kind` of a grant to run programs. Results leave the enclave, data does not.
uint8 constant GRANT_COMPUTE = 1;

/// @dev `Terms.kind` of a grant to read segments. Not supported yet.
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
/// @param measurementEpoch programs' supervisors allowed up to this epoch may open the data.
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
    uint32 measurementEpoch;
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
        "uint40 notBefore,uint40 expiresAt,uint32 keyEpoch,uint32 ownerEpoch,uint32 measurementEpoch,"
        "bool followUpgrades,uint64 maxOutputBytes,NodePolicy nodePolicy,bytes32 scopeHash,bytes32 salt)"
        "NodePolicy(uint32 verifierKinds,uint32 vendors,uint96 minStake,bool requesterMayNameNode)"
    );

    bytes32 internal constant REVOKE_TYPEHASH = keccak256("Revoke(bytes32 grantHash)");

    /// @dev Two halves: one `abi.encode` of all fields is too deep for the stack. All fields are single words, so the
    /// halves join to the same bytes.
    function hashStruct(Terms calldata self) internal pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                abi.encode(
                    TYPEHASH,
                    self.owner,
                    self.grantee,
                    self.datasetId,
                    self.kind,
                    self.maxUses,
                    self.price,
                    self.token,
                    self.notBefore
                ),
                abi.encode(
                    self.expiresAt,
                    self.keyEpoch,
                    self.ownerEpoch,
                    self.measurementEpoch,
                    self.followUpgrades,
                    self.maxOutputBytes,
                    self.nodePolicy.hashStruct(),
                    self.scopeHash,
                    self.salt
                )
            )
        );
    }

    /// @dev hashStruct of the message that revokes a grant.
    function hashRevoke(GrantHash grantHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(REVOKE_TYPEHASH, grantHash));
    }
}
