// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {DatasetId, GrantHash} from "../../../contracts/types/Ids.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {GRANT_COMPUTE, Terms} from "../../../contracts/types/Terms.sol";
import {Kit} from "./Kit.sol";
import {vm} from "./Vm.sol";

/// @dev What tests of grants say often.
abstract contract GrantKit is Kit {
    uint256 internal constant ORDER_OF_SECP256K1 = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    // Signatures

    function signTerms(Terms memory terms, uint256 key) internal view returns (bytes memory) {
        return signature(key, GrantHash.unwrap(grants.hashTerms(terms)));
    }

    function signRevocation(GrantHash grantHash, uint256 key) internal view returns (bytes memory) {
        return signature(key, grants.revocationDigest(grantHash));
    }

    function signRevokeAll(address owner, uint32 epoch, uint256 key) internal view returns (bytes memory) {
        return signature(key, grants.revokeAllDigest(owner, epoch));
    }

    /// @dev The other signature of the same key over the same digest.
    function malleate(bytes memory signed) internal pure returns (bytes memory) {
        (bytes32 r, uint256 s, uint8 v) = split(signed);
        return abi.encodePacked(r, ORDER_OF_SECP256K1 - s, v == 27 ? uint8(28) : uint8(27));
    }

    /// @dev EIP-2098: 64 bytes.
    function compact(bytes memory signed) internal pure returns (bytes memory) {
        (bytes32 r, uint256 s, uint8 v) = split(signed);
        return abi.encodePacked(r, s | (uint256(v - 27) << 255));
    }

    function split(bytes memory signed) private pure returns (bytes32 r, uint256 s, uint8 v) {
        assembly ("memory-safe") {
            r := mload(add(signed, 0x20))
            s := mload(add(signed, 0x40))
            v := byte(0, mload(add(signed, 0x60)))
        }
    }

    // What the owner and the market do

    function revoke(GrantHash grantHash) internal {
        vm.prank(OWNER);
        grants.revoke(grantHash);
    }

    function revokeAll() internal {
        vm.prank(OWNER);
        grants.revokeAll();
    }

    function erase(DatasetId id) internal {
        vm.prank(OWNER);
        datasets.eraseDataset(id);
    }

    function consume(Terms memory terms, uint64 outputBytes) internal {
        vm.prank(address(market));
        grants.consume(one(terms), GRANT_COMPUTE, REQUESTER, outputBytes);
    }

    function giveBack(Terms memory terms, uint64 outputBytes) internal {
        GrantHash grantHash = grants.hashTerms(terms);
        vm.prank(address(market));
        grants.giveBack(terms.owner, grantHash, outputBytes);
    }

    /// @dev Terms of a dataset of `owner`, which may be a contract.
    function termsOf(address owner) internal returns (Terms memory terms) {
        terms = makeTerms();
        terms.owner = owner;
        terms.datasetId = registerDataset(owner, "of another");
    }

    // What is expected

    /// @dev The next call reverts with an error whose first argument is the grant.
    function expectError(Terms memory terms, bytes4 selector, bytes memory rest) internal {
        vm.expectRevert(bytes.concat(selector, abi.encode(grants.hashTerms(terms)), rest));
    }

    function expectUnsigned(Terms memory terms) internal {
        expectError(terms, IGrantRegistry.GrantSignatureInvalid.selector, abi.encode(terms.owner));
    }

    function expectReason(Terms memory terms, uint64 outputBytes, Reason wanted) internal view {
        (bool ok, Reason reason) = grants.check(terms, REQUESTER, outputBytes);
        eq(uint256(reason), uint256(wanted));
        yes(ok == (wanted == Reason.None));
    }

    function expectRelease(GrantHash grantHash, address owner, DatasetId id, uint40 epoch, Reason wanted)
        internal
        view
    {
        eq(uint256(grants.checkRelease(grantHash, owner, id, epoch)), uint256(wanted));
    }
}
