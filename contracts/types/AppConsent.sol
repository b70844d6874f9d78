// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AppId} from "./Ids.sol";

/// @notice What an account signs to act for an app.
/// @param owner of the app: a consent does not outlive its ownership.
/// @param nonce of the account; each joining and leaving uses one up.
/// @param deadline Unix seconds; good until then, inclusive.
struct AppConsent {
    AppId appId;
    address account;
    address owner;
    uint64 nonce;
    uint40 deadline;
}

library AppConsentLib {
    bytes32 internal constant TYPEHASH =
        keccak256("AppConsent(bytes32 appId,address account,address owner,uint64 nonce,uint40 deadline)");

    function hashStruct(AppConsent memory self) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, self.appId, self.account, self.owner, self.nonce, self.deadline));
    }
}
