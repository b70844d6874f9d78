// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AppId} from "./Ids.sol";

/// @notice What an attestor signs after it has found an app's file at the app's domain.
/// @param domainHash keccak of the domain's text.
/// @param owner of the app, as the file names it.
/// @param checkedAt Unix seconds of the block at which chain and file agreed.
/// @param expiresAt Unix seconds; the proof holds before.
/// @param evidenceHash sha256 of the file as it was served.
struct DomainProof {
    AppId appId;
    bytes32 domainHash;
    address owner;
    uint40 checkedAt;
    uint40 expiresAt;
    bytes32 evidenceHash;
}

library DomainProofLib {
    bytes32 internal constant TYPEHASH = keccak256(
        "DomainProof(bytes32 appId,bytes32 domainHash,address owner,uint40 checkedAt,uint40 expiresAt,"
        "bytes32 evidenceHash)"
    );

    function hashStruct(DomainProof calldata self) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                TYPEHASH,
                self.appId,
                self.domainHash,
                self.owner,
                self.checkedAt,
                self.expiresAt,
                self.evidenceHash
            )
        );
    }
}
