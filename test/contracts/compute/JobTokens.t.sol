// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IJobMarket, JobStatus, TokenTerms} from "../../../contracts/interfaces/IJobMarket.sol";
import {JobRequest} from "../../../contracts/types/JobParams.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {FeeToken, LyingToken, ReentrantToken, SilentToken} from "../helpers/Tokens.sol";
import {vm} from "../helpers/Vm.sol";

contract JobTokensTest is JobKit {
    address private constant BURNED = 0x000000000000000000000000000000000000dEaD;

    // Which tokens

    function test_allowToken() public {
        vm.expectEmit(address(market));
        emit IJobMarket.TokenAllowed(STRANGER, 500, 7);
        market.allowToken(STRANGER, 500, 7);
        expectTerms(STRANGER, true, 500, 7, 0);
        eq(market.MAX_PROTOCOL_FEE_BPS(), 500);
    }

    function test_allowToken_ChangesTermsAndKeepsWhatIsCollected() public {
        settle(claimedJob(), 0);
        market.allowToken(address(token), 0, 0);
        expectTerms(address(token), true, 0, 0, PROTOCOL_FEE);
    }

    function test_RevertWhen_TokenIsZero() public {
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.TokenMissing.selector));
        market.allowToken(address(0), 0, 0);
    }

    function test_RevertWhen_ProtocolFeeIsTooHigh() public {
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.ProtocolFeeTooHigh.selector, address(token), 501, 500));
        market.allowToken(address(token), 501, 0);
    }

    function test_RevertWhen_TokensAreNotTheCallersToAllow() public {
        bytes memory refusal =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER);
        vm.expectRevert(refusal);
        vm.prank(STRANGER);
        market.allowToken(address(token), 0, 0);
        vm.expectRevert(refusal);
        vm.prank(STRANGER);
        market.removeToken(address(token));
    }

    /// Those there end as they would have.
    function test_removeToken() public {
        Posted memory job = claimedJob();
        vm.expectEmit(address(market));
        emit IJobMarket.TokenRemoved(address(token));
        market.removeToken(address(token));
        expectTerms(address(token), false, PROTOCOL_FEE_BPS, 1e16, 0);
        settle(job, 0);
        vm.prank(OWNER);
        eq(market.withdraw(address(token)), PRICE);
        eq(market.burnProtocolFees(address(token)), PROTOCOL_FEE);
    }

    function test_RevertWhen_RemovedTokenIsNotAllowed() public {
        market.removeToken(address(token));
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.TokenNotAllowed.selector, address(token)));
        market.removeToken(address(token));
    }

    function test_RevertWhen_JobsTokenIsNotAllowed() public {
        market.removeToken(address(token));
        Terms[] memory terms = one(makeTerms());
        giveGrant(terms[0]);
        JobRequest memory request = makeRequest(terms);
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.TokenNotAllowed.selector, address(token)));
        vm.prank(REQUESTER);
        market.submitJob(request, terms);
    }

    // What arrives

    function test_RevertWhen_MoneyIsNotAllowedToTheMarket() public {
        Terms[] memory terms = one(makeTerms());
        giveGrant(terms[0]);
        JobRequest memory request = makeRequest(terms);
        vm.prank(REQUESTER);
        token.approve(address(market), uint256(PRICE) + FEE + PROTOCOL_FEE - 1);
        vm.expectRevert();
        vm.prank(REQUESTER);
        market.submitJob(request, terms);
        vm.prank(REQUESTER);
        token.approve(address(market), uint256(PRICE) + FEE + PROTOCOL_FEE);
        submit(request, terms);
    }

    function test_RevertWhen_TokenTakesAFee() public {
        FeeToken other = new FeeToken();
        other.mint(REQUESTER, 100e18);
        vm.prank(REQUESTER);
        other.approve(address(market), type(uint256).max);
        uint256 total = uint256(PRICE) + FEE + PROTOCOL_FEE;
        expectMismatch(address(other), total - 1, total);
    }

    function test_RevertWhen_TokenMovesNothing() public {
        expectMismatch(address(new LyingToken()), 0, uint256(PRICE) + FEE + PROTOCOL_FEE);
    }

    /// As USDT: no function says how it went.
    function test_SilentToken() public {
        SilentToken other = new SilentToken();
        other.mint(REQUESTER, 100e18);
        (JobRequest memory request, Terms[] memory terms) = jobIn(address(other));
        Posted memory job = submit(request, terms);
        claim(job);
        settle(job, 0);
        vm.prank(OWNER);
        market.withdraw(address(other));
        vm.prank(OPERATOR);
        market.withdraw(address(other));
        market.burnProtocolFees(address(other));
        eq(other.balanceOf(OWNER), PRICE);
        eq(other.balanceOf(OPERATOR), FEE);
        eq(other.balanceOf(BURNED), PROTOCOL_FEE);
        eq(other.balanceOf(address(market)), 0);
    }

    function test_ReentrantTokenIsLockedOut() public {
        ReentrantToken other = new ReentrantToken();
        other.mint(REQUESTER, 100e18);
        vm.prank(REQUESTER);
        other.approve(address(market), type(uint256).max);
        (JobRequest memory request, Terms[] memory terms) = jobIn(address(other));
        // Coming in, each way of moving money, or of posting a second job on money that is not there yet.
        bytes[5] memory calls = [
            abi.encodeCall(IJobMarket.withdraw, (address(other))),
            abi.encodeCall(IJobMarket.burnProtocolFees, (address(other))),
            abi.encodeCall(IJobMarket.submitJob, (request, terms)),
            abi.encodeCall(IJobMarket.submitJobWithSignatures, (request, terms, new bytes[](1))),
            abi.encodeCall(IJobMarket.requestRead, (bytes32(0), bytes32(0), bytes32(0), terms))
        ];
        Posted memory job;
        for (uint256 i = 0; i < 5; ++i) {
            request.salt = bytes32(i);
            other.arm(address(market), calls[i]);
            job = submit(request, terms);
            expectLocked(other);
        }
        claim(job);
        settle(job, 0);
        // Going out.
        other.arm(address(market), calls[0]);
        vm.prank(OWNER);
        eq(market.withdraw(address(other)), PRICE);
        expectLocked(other);
        eq(market.burnProtocolFees(address(other)), PROTOCOL_FEE);
        expectLocked(other);
        eq(other.balanceOf(OWNER), PRICE);
    }

    /// A token cannot make a job end before its money is there and keep what that pays.
    function test_ReentrantTokenCannotWithdrawWhileItPays() public {
        ReentrantToken other = new ReentrantToken();
        (JobRequest memory request, Terms[] memory terms) = jobIn(address(other));
        other.arm(address(market), abi.encodeCall(IJobMarket.withdraw, (address(other))));
        vm.expectRevert();
        vm.prank(REQUESTER);
        market.submitJob(request, terms);
        eq(uint256(market.jobOf(market.jobIdOf(REQUESTER, "job")).status), uint256(JobStatus.None));
    }

    // What leaves

    function test_withdraw() public {
        settle(claimedJob(), 0);
        vm.expectEmit(address(market));
        emit IJobMarket.Withdrawn(address(token), OWNER, PRICE);
        vm.prank(OWNER);
        eq(market.withdraw(address(token)), PRICE);
        vm.prank(OPERATOR);
        market.withdraw(address(token));
        eq(token.balanceOf(OWNER), PRICE);
        eq(token.balanceOf(OPERATOR), FEE);
        eq(token.balanceOf(address(market)), PROTOCOL_FEE);
        eq(owed(OWNER), 0);
        expectEmpty(OWNER);
    }

    function test_RevertWhen_NothingIsOwed() public {
        expectEmpty(STRANGER);
    }

    function test_burnProtocolFees() public {
        settle(claimedJob(), 0);
        vm.expectEmit(address(market));
        emit IJobMarket.ProtocolFeesBurned(address(token), PROTOCOL_FEE);
        vm.prank(STRANGER);
        eq(market.burnProtocolFees(address(token)), PROTOCOL_FEE);
        eq(token.balanceOf(BURNED), PROTOCOL_FEE);
        eq(collected(), 0);
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.BalanceEmpty.selector, address(token), BURNED));
        market.burnProtocolFees(address(token));
    }

    // Reputation

    function test_BurnedFeesCountInTheTokensUnit() public {
        uint256[4] memory units = [uint256(PROTOCOL_FEE) + 1, PROTOCOL_FEE, 0, 1];
        uint256[4] memory counted = [uint256(0), 1, 1, type(uint32).max];
        for (uint256 i = 0; i < 4; ++i) {
            market.allowToken(address(token), PROTOCOL_FEE_BPS, uint96(units[i]));
            Posted memory job = openJob(bytes32(i));
            claim(job);
            settle(job, 0);
            eq(nodes.nodeOf(nodeId).burned, counted[i] * 1e16);
        }
        eq(nodes.nodeOf(nodeId).settled, 4);
    }

    function test_BurnedFeesOfOnesOwnJobsDoNotCount() public {
        Terms memory terms = makeTerms();
        terms.grantee = OPERATOR;
        giveGrant(terms);
        fund(OPERATOR, 100e18);
        Posted memory job = submit(makeRequest(one(terms)), one(terms), OPERATOR);
        claim(job);
        settle(job, 0);
        eq(nodes.nodeOf(nodeId).settled, 1);
        eq(nodes.nodeOf(nodeId).burned, 0);
        eq(collected(), PROTOCOL_FEE);
    }

    // Fuzz

    function testFuzz_allowToken(address allowed, uint16 bps, uint96 unit) public {
        if (allowed == address(0)) vm.expectPartialRevert(IJobMarket.TokenMissing.selector);
        else if (bps > 500) vm.expectPartialRevert(IJobMarket.ProtocolFeeTooHigh.selector);
        market.allowToken(allowed, bps, unit);
        if (allowed != address(0) && bps <= 500) expectTerms(allowed, true, bps, unit, 0);
    }

    function testFuzz_removeToken(address removed) public {
        if (removed != address(token)) vm.expectPartialRevert(IJobMarket.TokenNotAllowed.selector);
        market.removeToken(removed);
    }

    function testFuzz_withdraw_PaysWhatIsOwedOnce(uint96 price, uint96 fee, address caller) public {
        vm.assume(caller != address(market) && caller != address(0));
        uint256 before = token.balanceOf(caller);
        Terms memory terms = makeTerms();
        terms.price = uint96(bound(price, 0, 1e27));
        giveGrant(terms);
        fee = uint96(bound(fee, 0, 1e27));
        fund(REQUESTER, 3e27);
        before = token.balanceOf(caller);
        Posted memory job = openJob("fuzz", one(terms), fee);
        claim(job);
        settle(job, 0);
        uint256 wanted = owed(caller);
        yes(caller == OWNER || caller == OPERATOR || wanted == 0);
        if (wanted == 0) vm.expectPartialRevert(IJobMarket.BalanceEmpty.selector);
        vm.prank(caller);
        market.withdraw(address(token));
        if (caller != REQUESTER) eq(token.balanceOf(caller), before + wanted);
    }

    function testFuzz_burnProtocolFees(uint96 fee, uint16 bps) public {
        bps = uint16(bound(bps, 0, 500));
        fee = uint96(bound(fee, 0, 1e27));
        fund(REQUESTER, 3e27);
        market.allowToken(address(token), bps, 1e16);
        Terms memory terms = makeTerms();
        giveGrant(terms);
        Posted memory job = openJob("fuzz", one(terms), fee);
        claim(job);
        settle(job, 0);
        uint256 wanted = ((uint256(fee) + PRICE) * bps) / 10_000;
        if (wanted == 0) vm.expectPartialRevert(IJobMarket.BalanceEmpty.selector);
        market.burnProtocolFees(address(token));
        eq(token.balanceOf(BURNED), wanted);
        eq(token.balanceOf(address(market)), owed(OWNER) + owed(OPERATOR));
    }

    function jobIn(address other) private returns (JobRequest memory request, Terms[] memory terms) {
        market.allowToken(other, PROTOCOL_FEE_BPS, 0);
        terms = one(makeTerms());
        terms[0].token = other;
        giveGrant(terms[0]);
        request = makeRequest(terms);
        request.maxOutputBytes = 100;
    }

    function expectMismatch(address other, uint256 got, uint256 wanted) private {
        (JobRequest memory request, Terms[] memory terms) = jobIn(other);
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.TokenAmountMismatched.selector, other, got, wanted));
        vm.prank(REQUESTER);
        market.submitJob(request, terms);
    }

    function expectLocked(ReentrantToken other) private view {
        yes(!other.succeeded());
        eq(bytes32(other.answer()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
    }

    function expectEmpty(address account) private {
        vm.expectRevert(abi.encodeWithSelector(IJobMarket.BalanceEmpty.selector, address(token), account));
        vm.prank(account);
        market.withdraw(address(token));
    }

    function expectTerms(address of_, bool allowed, uint256 bps, uint256 unit, uint256 kept) private view {
        TokenTerms memory terms = market.tokenOf(of_);
        yes(terms.allowed == allowed);
        eq(terms.protocolFeeBps, bps);
        eq(terms.burnedUnit, unit);
        eq(terms.collected, kept);
    }
}
