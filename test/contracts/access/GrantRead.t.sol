// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {GrantStatus, IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {GrantHash} from "../../../contracts/types/Ids.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {GRANT_COMPUTE, GRANT_READ, Terms} from "../../../contracts/types/Terms.sol";
import {GrantKit} from "../helpers/GrantKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Grants that let data itself out: by transaction only, and never at once.
contract GrantReadTest is GrantKit {
    function test_grant_Read() public {
        Terms memory terms = readTerms();
        GrantHash grantHash = giveGrant(terms);
        yes(grants.grantOf(OWNER, grantHash).status == GrantStatus.Active);
        expectReason(terms, 0, Reason.GrantNotYetValid);
        vm.warp(terms.notBefore);
        expectReason(terms, 0, Reason.None);
        eq(grants.READ_DELAY(), 1 days);
    }

    function test_RevertWhen_ReadBeginsTooSoon() public {
        Terms memory terms = readTerms();
        terms.notBefore -= 1;
        bytes memory rest = abi.encode(START + 1 days - 1, START + 1 days);
        expectError(terms, IGrantRegistry.GrantReadTooSoon.selector, rest);
        giveGrant(terms);
    }

    /// The delay runs from the transaction, not from whatever the owner has written down before.
    function test_RevertWhen_ReadTermsAreSentLate() public {
        Terms memory terms = readTerms();
        vm.warp(START + 1);
        bytes memory rest = abi.encode(START + 1 days, START + 1 days + 1);
        expectError(terms, IGrantRegistry.GrantReadTooSoon.selector, rest);
        giveGrant(terms);
    }

    function test_RevertWhen_ReadIsGrantedBySignature() public {
        Terms memory terms = readTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        expectError(terms, IGrantRegistry.GrantReadBySignature.selector, "");
        grants.grantBySig(terms, signed);
    }

    /// Where it is active already a signature changes nothing, as with any grant.
    function test_grantBySig_OfAnActiveRead() public {
        Terms memory terms = readTerms();
        giveGrant(terms);
        vm.recordLogs();
        grants.grantBySig(terms, "");
        eq(vm.getRecordedLogs().length, 0);
    }

    function test_grantBatch_OfBothKinds() public {
        Terms[] memory list = new Terms[](2);
        list[0] = makeTerms();
        list[1] = readTerms();
        vm.prank(OWNER);
        grants.grantBatch(list);
        list[1].salt = "second";
        list[1].notBefore -= 1;
        expectError(list[1], IGrantRegistry.GrantReadTooSoon.selector, abi.encode(START + 1 days - 1, START + 1 days));
        vm.prank(OWNER);
        grants.grantBatch(list);
    }

    function test_revoke_WithinTheDelay() public {
        Terms memory terms = readTerms();
        revoke(giveGrant(terms));
        vm.warp(terms.notBefore);
        expectReason(terms, 0, Reason.GrantRevoked);
    }

    function test_revokeBySig_OfARead() public {
        Terms memory terms = readTerms();
        GrantHash grantHash = giveGrant(terms);
        grants.revokeBySig(OWNER, grantHash, signRevocation(grantHash, OWNER_KEY));
        vm.warp(terms.notBefore);
        expectReason(terms, 0, Reason.GrantRevoked);
    }

    function test_consume_ByKind() public {
        Terms memory terms = readTerms();
        GrantHash grantHash = giveGrant(terms);
        vm.warp(terms.notBefore);
        expectNotUsable(terms, Reason.GrantKindMismatch);
        consume(terms, 0);
        vm.prank(address(market));
        grants.consume(one(terms), GRANT_READ, REQUESTER, 0);
        eq(grants.grantOf(OWNER, grantHash).uses, 1);
        expectReason(terms, 0, Reason.None);
    }

    function test_checkRelease_OfARead() public {
        Terms memory terms = readTerms();
        terms.measurementEpoch = 0;
        GrantHash grantHash = giveGrant(terms);
        // No supervisor asks.
        expectRelease(grantHash, OWNER, datasetId, 0, Reason.None);
        expectRelease(grantHash, OWNER, datasetId, 1, Reason.MeasurementNotGranted);
    }

    // Fuzz

    function testFuzz_grant_ReadNeverSoonerThanTheDelay(uint40 notBefore, uint32 now_) public {
        vm.warp(START + now_ % 20 days);
        Terms memory terms = readTerms();
        terms.notBefore = uint40(bound(notBefore, 0, terms.expiresAt - 1));
        uint256 earliest = block.timestamp + grants.READ_DELAY();
        if (terms.notBefore < earliest) vm.expectPartialRevert(IGrantRegistry.GrantReadTooSoon.selector);
        giveGrant(terms);
        GrantStatus status = grants.grantOf(OWNER, grants.hashTerms(terms)).status;
        yes((status == GrantStatus.Active) == (terms.notBefore >= earliest));
    }

    function testFuzz_consume_OnlyForItsKind(bool read, uint8 kind) public {
        Terms memory terms = read ? readTerms() : makeTerms();
        giveGrant(terms);
        vm.warp(START + 2 days);
        if (kind != (read ? GRANT_READ : GRANT_COMPUTE)) expectNotUsable(terms, Reason.GrantKindMismatch);
        vm.prank(address(market));
        grants.consume(one(terms), kind, REQUESTER, 0);
    }

    function readTerms() private view returns (Terms memory terms) {
        terms = makeTerms();
        terms.kind = GRANT_READ;
        terms.notBefore = uint40(START + 1 days);
    }
}
