// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {JobRequest} from "../../../contracts/types/JobParams.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {AttackKit} from "../helpers/AttackKit.sol";
import {BlocklistToken} from "../helpers/HostileTokens.sol";
import {Posted} from "../helpers/Kit.sol";
import {FeeToken, LyingToken, SilentToken} from "../helpers/Tokens.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Against the market's money: amounts and tokens that are too large, too small, or not what they say.
contract MoneyAttacksTest is AttackKit {
    // Amounts

    function test_Attack_ExtremePrices() public {
        Terms[] memory list = giveGrants(3);
        fund(REQUESTER, type(uint128).max);
        uint256 before = token.balanceOf(REQUESTER);
        for (uint256 i = 0; i < 3; ++i) {
            list[i].price = type(uint96).max;
            giveGrant(list[i]);
        }
        JobRequest memory request = makeRequest(list);
        request.fee = type(uint96).max;
        vm.expectPartialRevert(IJobMarket.JobTotalTooLarge.selector);
        vm.prank(REQUESTER);
        market.submitJob(request, list);
        eq(token.balanceOf(REQUESTER), before);
    }

    /// The largest sum that fits, fee included, is paid to the last wei; one wei more is refused.
    function test_Attack_TheLargestSum() public {
        fund(REQUESTER, type(uint128).max);
        uint256 max = type(uint96).max;
        // sum + sum / 100 = max
        uint96 sum = uint96((max * 100 + 100) / 101);
        Terms memory terms = makeTerms();
        terms.price = sum - FEE;
        giveGrant(terms);
        uint256 total = uint256(sum) + sum / 100;
        yes(total <= max && total + 1 >= max);
        Posted memory job = submit(makeRequest(one(terms)), one(terms));
        claim(job);
        settle(job, 0);
        eq(owed(OWNER) + owed(OPERATOR) + market.tokenOf(address(token)).collected, total);
        vm.prank(OWNER);
        eq(market.withdraw(address(token)), sum - FEE);
        market.burnProtocolFees(address(token));
        JobRequest memory request = makeRequest(one(terms));
        request.salt = "more";
        request.fee += 2;
        vm.expectPartialRevert(IJobMarket.JobTotalTooLarge.selector);
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    function testFuzz_Attack_PricesAndFeesNeverLeaveMoneyBehind(uint96 price, uint96 fee, uint8 end) public {
        fund(REQUESTER, type(uint128).max);
        Terms memory terms = makeTerms();
        terms.price = price / 4;
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        request.fee = fee / 4;
        uint256 total = uint256(terms.price) + request.fee;
        total += total / 100;
        Posted memory job = submit(request, one(terms));
        eq(token.balanceOf(address(market)), total);
        if (end % 5 == 0) {
            vm.warp(job.params.offer.claimBy + 1);
            cancel(job);
        } else {
            claim(job);
            if (end % 5 == 1) settle(job, 0);
            else if (end % 5 == 2) settle(job, 1);
            else if (end % 5 == 3) settle(job, 17);
            else timeOut(job);
        }
        uint256 collected = market.tokenOf(address(token)).collected;
        eq(owed(OWNER) + owed(OPERATOR) + owed(REQUESTER) + collected, total);
        drain(OWNER);
        drain(OPERATOR);
        drain(REQUESTER);
        if (collected != 0) market.burnProtocolFees(address(token));
        eq(token.balanceOf(address(market)), 0);
    }

    /// A wei of price: the protocol fee rounds to nothing, the node gains no reputation, the owner gets its wei.
    function test_Attack_DustForReputation() public {
        Terms memory terms = makeTerms();
        terms.price = 1;
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        request.fee = 0;
        uint256 weight = nodes.nodeOf(nodeId).weight;
        Posted memory job = submit(request, one(terms));
        eq(job.params.order.protocolFee, 0);
        claim(job);
        settle(job, 0);
        eq(owed(OWNER), 1);
        eq(nodes.nodeOf(nodeId).burned, 0);
        vm.prank(OPERATOR);
        nodes.refreshWeight(nodeId);
        eq(nodes.nodeOf(nodeId).weight, weight);
        vm.expectPartialRevert(IJobMarket.BalanceEmpty.selector);
        market.burnProtocolFees(address(token));
    }

    /// A thousand jobs whose fees round down to less than a unit count as nothing.
    function test_Attack_ManySmallFeesForReputation() public {
        Terms memory terms = makeTerms();
        terms.maxUses = 20;
        terms.maxOutputBytes = 20 * 2048;
        terms.price = 99e16 - FEE / 100;
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        request.fee = 0;
        for (uint256 i = 0; i < 20; ++i) {
            request.salt = bytes32(i);
            Posted memory job = submit(request, one(terms));
            claim(job);
            settle(job, 0);
        }
        eq(nodes.nodeOf(nodeId).burned, 0);
        eq(nodes.nodeOf(nodeId).settled, 20);
    }

    // Tokens

    function test_Attack_FeeOnTransferToken() public {
        FeeToken fee = new FeeToken();
        fee.mint(REQUESTER, 100e18);
        allow(address(fee));
        Terms memory terms = termsIn(address(fee));
        JobRequest memory request = makeRequest(one(terms));
        uint256 wanted = PRICE + FEE + PROTOCOL_FEE;
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.TokenAmountMismatched.selector, address(fee), wanted - 1, wanted)
        );
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
        eq(fee.balanceOf(REQUESTER), 100e18);
    }

    function test_Attack_TokenThatMovesNothing() public {
        LyingToken lying = new LyingToken();
        market.allowToken(address(lying), PROTOCOL_FEE_BPS, 0);
        Terms memory terms = termsIn(address(lying));
        JobRequest memory request = makeRequest(one(terms));
        uint256 wanted = PRICE + FEE + PROTOCOL_FEE;
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.TokenAmountMismatched.selector, address(lying), 0, wanted)
        );
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    function test_Attack_TokenThatIsNotAllowed() public {
        Terms memory terms = termsIn(address(new LyingToken()));
        JobRequest memory request = makeRequest(one(terms));
        vm.expectPartialRevert(IJobMarket.TokenNotAllowed.selector);
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    function test_Attack_TokenThatIsNoContract() public {
        market.allowToken(address(0xdead), 0, 0);
        Terms memory terms = termsIn(address(0xdead));
        JobRequest memory request = makeRequest(one(terms));
        vm.expectRevert();
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    function test_TokenThatReturnsNothingWorks() public {
        SilentToken silent = new SilentToken();
        silent.mint(REQUESTER, PRICE + FEE + PROTOCOL_FEE);
        market.allowToken(address(silent), PROTOCOL_FEE_BPS, 0);
        Terms memory terms = termsIn(address(silent));
        Posted memory job = submit(makeRequest(one(terms)), one(terms));
        claim(job);
        settle(job, 0);
        vm.prank(OWNER);
        market.withdraw(address(silent));
        eq(silent.balanceOf(OWNER), PRICE);
        market.burnProtocolFees(address(silent));
        eq(silent.balanceOf(BURNED), PROTOCOL_FEE);
    }

    /// Money of one token does not pay debts in another.
    function test_Attack_WorthlessTokenAgainstRealMoney() public {
        claimedJob();
        address worthless = otherToken();
        Terms memory terms = termsIn(worthless);
        JobRequest memory request = makeRequest(one(terms));
        request.salt = "worthless";
        Posted memory job = submit(request, one(terms));
        claim(job);
        settle(job, 0);
        eq(owed(OWNER), 0);
        eq(market.balanceOf(worthless, OWNER), PRICE);
        vm.expectPartialRevert(IJobMarket.BalanceEmpty.selector);
        vm.prank(OWNER);
        market.withdraw(address(token));
        eq(token.balanceOf(address(market)), PRICE + FEE + PROTOCOL_FEE);
    }

    /// One owner that cannot be paid stops nobody else: not the settlement, not the other payees.
    function test_Attack_BlocklistedPayee() public {
        BlocklistToken money = new BlocklistToken();
        money.mint(REQUESTER, 100e18);
        allow(address(money));
        Terms[] memory list = giveGrants(2);
        list[0].token = address(money);
        list[1] = giveGrantOf(ATTACKER, REQUESTER, address(money), PRICE);
        giveGrant(list[0]);
        JobRequest memory request = makeRequest(list);
        Posted memory job = submit(request, list);
        claim(job);
        money.block_(ATTACKER);
        settle(job, 0);
        vm.expectPartialRevert(BlocklistToken.Blocked.selector);
        vm.prank(ATTACKER);
        market.withdraw(address(money));
        eq(market.balanceOf(address(money), ATTACKER), PRICE);
        vm.prank(OWNER);
        eq(market.withdraw(address(money)), PRICE);
        vm.prank(OPERATOR);
        eq(market.withdraw(address(money)), FEE);
        eq(market.burnProtocolFees(address(money)), (2 * PRICE + FEE) / 100);
        eq(money.balanceOf(address(market)), PRICE);
    }

    /// A gift to the market is nobody's: no balance, no fee and no job changes.
    function test_Attack_DonateToTheMarket() public {
        Posted memory job = openJob();
        fund(ATTACKER, 1_000e18);
        vm.startPrank(ATTACKER);
        token.transfer(address(market), 500e18);
        token.transfer(address(nodes), 500e18);
        vm.stopPrank();
        claim(job);
        settle(job, 0);
        eq(owed(OWNER), PRICE);
        eq(owed(OPERATOR), FEE);
        eq(market.burnProtocolFees(address(token)), PROTOCOL_FEE);
        // A job posted now is paid in full, not out of the gift.
        Terms memory terms = makeTerms();
        terms.grantee = ATTACKER;
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        vm.expectRevert();
        vm.prank(ATTACKER);
        market.submitJob(request, one(terms));
        drain(OWNER);
        drain(OPERATOR);
        eq(token.balanceOf(address(market)), 500e18);
        eq(token.balanceOf(address(nodes)), STAKE + 500e18);
    }

    function test_Attack_RemovedTokenLocksOldJobs() public {
        Posted memory settled = openJob();
        JobRequest memory request = makeRequest(one(makeTerms()));
        request.salt = "failed";
        Posted memory failed = submit(request, one(makeTerms()));
        request.salt = "cancelled";
        Posted memory cancelled = submit(request, one(makeTerms()));
        market.removeToken(address(token));
        request.salt = "late";
        vm.expectPartialRevert(IJobMarket.TokenNotAllowed.selector);
        vm.prank(REQUESTER);
        market.submitJob(request, one(makeTerms()));
        claim(settled);
        settle(settled, 0);
        claim(failed);
        settle(failed, 1);
        vm.warp(block.timestamp + 2 hours);
        cancel(cancelled);
        eq(owed(OWNER), PRICE);
        eq(owed(OPERATOR), 2 * FEE);
        eq(owed(REQUESTER), PRICE + PRICE + FEE + PROTOCOL_FEE);
        drain(OWNER);
        drain(OPERATOR);
        drain(REQUESTER);
        eq(market.burnProtocolFees(address(token)), 2 * uint256(PROTOCOL_FEE));
        eq(token.balanceOf(address(market)), 0);
        yes(market.jobOf(cancelled.id).status == JobStatus.Cancelled);
    }

    /// Terms that change while a job runs are not its terms.
    function test_Attack_RaiseTheFeeOfARunningJob() public {
        Posted memory job = claimedJob();
        market.allowToken(address(token), 500, 1);
        settle(job, 0);
        eq(market.tokenOf(address(token)).collected, PROTOCOL_FEE);
        eq(owed(OWNER), PRICE);
        eq(owed(OPERATOR), FEE);
    }

    function termsIn(address money) private returns (Terms memory terms) {
        terms = makeTerms();
        terms.token = money;
        giveGrant(terms);
    }

    function drain(address account) private {
        if (owed(account) == 0) return;
        vm.prank(account);
        market.withdraw(address(token));
    }
}
