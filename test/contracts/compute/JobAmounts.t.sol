// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {GrantStatus, IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {IJobMarket, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {GrantHash, JobId} from "../../../contracts/types/Ids.sol";
import {JobParams, JobRequest} from "../../../contracts/types/JobParams.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What a requester may write into a request, fuzzed.
contract JobAmountsTest is JobKit {
    /// hardhat-config: default.fuzz.runs = 64
    function testFuzz_submitJob_EscrowsFeeAndPrices(uint96 fee, uint96[3] memory prices, uint16 bps) public {
        bps = uint16(bound(bps, 0, 500));
        market.allowToken(address(token), bps, 1e16);
        Terms[] memory list = giveGrants(3);
        uint256 sum = fee;
        for (uint256 i = 0; i < 3; ++i) {
            list[i].price = prices[i];
            giveGrant(list[i]);
            sum += prices[i];
        }
        uint256 total = sum + (sum * bps) / 10_000;
        fund(REQUESTER, total);
        JobRequest memory request = makeRequest(list);
        request.fee = fee;
        if (total > type(uint96).max) expect("job", IJobMarket.JobTotalTooLarge.selector, abi.encode(total));
        vm.prank(REQUESTER);
        market.submitJob(request, list);
        eq(token.balanceOf(address(market)), total > type(uint96).max ? 0 : total);
    }

    /// The largest prices, sixty-four times: refused, never wrapped.
    function test_RevertWhen_TotalIsTooLarge() public {
        Terms[] memory list = giveGrants(64);
        for (uint256 i = 0; i < 64; ++i) {
            list[i].price = type(uint96).max;
            giveGrant(list[i]);
        }
        JobRequest memory request = makeRequest(list);
        request.fee = type(uint96).max;
        uint256 sum = 65 * uint256(type(uint96).max);
        expect("job", IJobMarket.JobTotalTooLarge.selector, abi.encode(sum + sum / 100));
        vm.prank(REQUESTER);
        market.submitJob(request, list);
    }

    function test_submitJob_TheLargestTotal() public {
        Terms memory terms = makeTerms();
        terms.price = 0;
        giveGrant(terms);
        market.allowToken(address(token), 0, 1e16);
        fund(REQUESTER, type(uint96).max);
        Posted memory job = openJob("largest", one(terms), type(uint96).max);
        claim(job);
        settle(job, 0);
        eq(owed(OPERATOR), type(uint96).max);
    }

    /// hardhat-config: default.fuzz.runs = 32
    function testFuzz_submitJob_RefusesEveryDuplicate(uint8 from, uint8 to, uint256 shuffle) public {
        Terms[] memory list = giveGrants(8);
        for (uint256 i = 7; i > 0; --i) {
            uint256 j = uint256(keccak256(abi.encode(shuffle, i))) % (i + 1);
            (list[i], list[j]) = (list[j], list[i]);
        }
        from %= 8;
        to %= 8;
        list[to] = list[from];
        JobRequest memory request = makeRequest(list);
        if (from != to) vm.expectPartialRevert(IJobMarket.JobInputDuplicate.selector);
        vm.prank(REQUESTER);
        market.submitJob(request, list);
    }

    function testFuzz_submitJob_PolicyOnlyNarrows(uint32 kinds, uint32 vendors, uint96 minStake) public {
        Terms memory terms = makeTerms();
        terms.nodePolicy.verifierKinds = 0x0f;
        terms.nodePolicy.vendors = 0xf0;
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(makeTerms()));
        request.offer.nodePolicy.verifierKinds = kinds;
        request.offer.nodePolicy.vendors = vendors;
        request.offer.nodePolicy.minStake = minStake;
        bool within = kinds != 0 && kinds <= 0x0f && vendors != 0 && vendors | 0xf0 == 0xf0 && minStake >= STAKE;
        if (!within) vm.expectPartialRevert(IJobMarket.JobPolicyTooWide.selector);
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    function testFuzz_submitJob_Window(uint40 claimBy, uint32 runSeconds, bool near) public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        if (near) claimBy = uint40(bound(claimBy, START - 1 days, START + 8 days));
        if (near) runSeconds = uint32(bound(runSeconds, 0, 8 days));
        JobRequest memory request = makeRequest(one(terms));
        (request.offer.claimBy, request.offer.runSeconds) = (claimBy, runSeconds);
        bool possible =
            claimBy > START && runSeconds != 0 && uint256(claimBy) + runSeconds <= START + 7 days;
        if (!possible) {
            expect("job", IJobMarket.JobWindowInvalid.selector, abi.encode(claimBy, runSeconds, START));
        }
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    function testFuzz_submitJob_OutlivesNoGrant(uint40 expiresAt) public {
        Terms memory terms = makeTerms();
        terms.expiresAt = uint40(bound(expiresAt, START + 1, START + 3 hours));
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        if (terms.expiresAt <= START + 2 hours) {
            bytes memory rest = abi.encode(0, START + 2 hours, terms.expiresAt);
            expect("job", IJobMarket.JobOutlivesGrant.selector, rest);
        }
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    function testFuzz_submitJobWithSignatures(bytes32 grantSalt, uint256 key) public {
        key = bound(key, 1, 1 << 255);
        Terms memory terms = makeTerms();
        terms.salt = grantSalt;
        bytes32 digest = GrantHash.unwrap(grants.hashTerms(terms));
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signature(key, digest);
        JobRequest memory request = makeRequest(one(terms));
        if (key != OWNER_KEY) vm.expectPartialRevert(IGrantRegistry.GrantSignatureInvalid.selector);
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(request, one(terms), signatures);
        signatures[0] = signature(OWNER_KEY, digest);
        request.salt = "owner's";
        vm.prank(REQUESTER);
        JobId id = market.submitJobWithSignatures(request, one(terms), signatures);
        yes(market.jobOf(id).status == JobStatus.Open);
        yes(grants.grantOf(OWNER, GrantHash.wrap(digest)).status == GrantStatus.Active);
    }

    function testFuzz_jobIdOf(address requester, bytes32 salt) public view {
        bytes32 wanted = keccak256(abi.encode(block.chainid, address(market), requester, salt));
        eq(JobId.unwrap(market.jobIdOf(requester, salt)), wanted);
    }

    function testFuzz_hashParams(JobParams memory params) public view {
        bytes32 order = keccak256(abi.encode(params.order));
        eq(market.hashParams(params), keccak256(abi.encode(order, keccak256(abi.encode(params.offer)))));
    }

    function testFuzz_jobOf_UnknownIsZero(JobId id) public view {
        eq(keccak256(abi.encode(market.jobOf(id))), keccak256(new bytes(8 * 32)));
        eq(market.receiptOf(id), 0);
    }

    function expect(bytes32 salt, bytes4 selector, bytes memory rest) private {
        vm.expectRevert(bytes.concat(selector, abi.encode(market.jobIdOf(REQUESTER, salt)), rest));
    }
}
