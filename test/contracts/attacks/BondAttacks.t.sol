// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {JobRequest} from "../../../contracts/types/JobParams.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {AttackKit} from "../helpers/AttackKit.sol";
import {ITestMoney, Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Against nodes' bonds, and for a reputation that was not earned.
contract BondAttacksTest is AttackKit {
    // Bonds: requester, owner and guardians are one, and an honest node falls into the trap

    function test_Attack_FarmBondsByTimeOutsInStakeToken() public {
        Terms memory terms = trap(address(token));
        uint256 before = worth(ATTACKER);
        for (uint256 i = 0; i < 3; ++i) {
            timeOut(spring(terms, i));
        }
        executeSlashes();
        // The node has lost three bonds, the attacker has won none of it.
        eq(nodes.nodeOf(nodeId).stake, STAKE - 3 * BOND);
        eq(worth(ATTACKER), before);
        // Nor had it lost the fee that was burned: it got just that.
        eq(nodes.compensationOf(ATTACKER), 3 * uint256(PROTOCOL_FEE));
        eq(market.tokenOf(address(token)).collected, 3 * uint256(PROTOCOL_FEE));
        eq(token.balanceOf(BURNED), 3 * (BOND - PROTOCOL_FEE));
    }

    function test_Attack_FarmBondsByTimeOutsInAnotherToken() public {
        address money = otherToken();
        Terms memory terms = trap(money);
        uint256 before = worthIn(money, ATTACKER);
        uint256 stakeBefore = worth(ATTACKER);
        for (uint256 i = 0; i < 3; ++i) {
            timeOut(spring(terms, i));
        }
        executeSlashes();
        eq(worthIn(money, ATTACKER), before);
        eq(worth(ATTACKER), stakeBefore);
        eq(nodes.compensationOf(ATTACKER), 0);
        eq(token.balanceOf(BURNED), 3 * BOND);
    }

    /// Prices as high as the bond, to be called a loss.
    function test_Attack_FarmBondsByHighPrices() public {
        Terms memory terms = trap(address(token));
        terms.price = 10_000e18;
        giveGrant(terms);
        uint256 before = worth(ATTACKER);
        Posted memory job = spring(terms, 0);
        timeOut(job);
        executeSlashes();
        yes(worth(ATTACKER) <= before);
        // The fee of 1 % exceeds the bond: no more than the bond is paid, and no more of the fee is kept.
        eq(nodes.compensationOf(ATTACKER), BOND);
        eq(worth(ATTACKER), before);
    }

    function test_Attack_FarmBondsByUnprovedFailuresInStakeToken() public {
        Terms memory terms = trap(address(token));
        uint256 before = worth(ATTACKER);
        farmByFailures(terms);
        eq(worth(ATTACKER), before);
        eq(nodes.compensationOf(ATTACKER), 0);
    }

    function test_Attack_FarmBondsByUnprovedFailuresInAnotherToken() public {
        address money = otherToken();
        Terms memory terms = trap(money);
        uint256 before = worthIn(money, ATTACKER);
        uint256 stakeBefore = worth(ATTACKER);
        farmByFailures(terms);
        eq(worthIn(money, ATTACKER), before);
        eq(worth(ATTACKER), stakeBefore);
    }

    /// The same, if the attacker is the node as well: all of its bond is burned, and nothing won.
    function test_Attack_FarmTheOwnBond() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        uint256 before = worth(OWNER) + worth(REQUESTER) + worth(OPERATOR);
        Posted memory job = submit(makeRequest(one(terms)), one(terms));
        claim(job);
        timeOut(job);
        executeSlashes();
        eq(before - worth(OWNER) - worth(REQUESTER) - worth(OPERATOR), BOND);
    }

    /// The slash is cancelled on appeal: the node has all, the requester what it had but the fee that was burned.
    function test_Attack_KeepTheCompensationAfterAnAppeal() public {
        Terms memory terms = trap(address(token));
        uint256 before = worth(ATTACKER);
        Posted memory job = spring(terms, 0);
        timeOut(job);
        nodes.cancelSlash(1);
        eq(nodes.nodeOf(nodeId).stake, STAKE);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.SlashUnknown.selector, 1));
        nodes.executeSlash(1);
        eq(before - worth(ATTACKER), PROTOCOL_FEE);
    }

    // Reputation

    /// An operator that posts its own jobs gains nothing; through another account it burns what it gains.
    function test_Attack_SelfDealtReputation() public {
        fund(OPERATOR, 1_000e18);
        Terms memory terms = giveGrantOf(OPERATOR, OPERATOR, address(token), 99e18);
        uint256 before = worth(OPERATOR);
        Posted memory job = submit(makeRequest(one(terms)), one(terms), OPERATOR);
        claim(job);
        settle(job, 0);
        eq(nodes.nodeOf(nodeId).burned, 0);
        eq(before - worth(OPERATOR), 101e16);
        fund(ATTACKER, 1_000e18);
        terms.grantee = ATTACKER;
        giveGrant(terms);
        before = worth(OPERATOR) + worth(ATTACKER);
        job = submit(makeRequest(one(terms)), one(terms), ATTACKER);
        claim(job);
        settle(job, 0);
        eq(nodes.nodeOf(nodeId).burned, 101e16);
        eq(before - worth(OPERATOR) - worth(ATTACKER), 101e16);
    }

    /// A token that costs nothing, allowed without a rate, buys no reputation.
    function test_Attack_ReputationForAWorthlessToken() public {
        address money = otherToken();
        Terms memory terms = makeTerms();
        terms.token = money;
        terms.price = type(uint64).max;
        giveGrant(terms);
        Posted memory job = submit(makeRequest(one(terms)), one(terms));
        claim(job);
        settle(job, 0);
        yes(market.tokenOf(money).collected > 0);
        eq(nodes.nodeOf(nodeId).burned, 0);
    }

    function trap(address money) private returns (Terms memory terms) {
        ITestMoney(money).mint(ATTACKER, 100_000e18);
        vm.prank(ATTACKER);
        IERC20(money).approve(address(market), type(uint256).max);
        terms = giveGrantOf(ATTACKER, ATTACKER, money, PRICE);
        terms.nodePolicy.minStake = 1;
        terms.expiresAt = uint40(START + 90 days);
        giveGrant(terms);
    }

    /// @dev A job that the honest node claims. It runs until after the claim window: nobody tries again.
    function spring(Terms memory terms, uint256 salt) private returns (Posted memory job) {
        JobRequest memory request = makeRequest(one(terms));
        request.salt = bytes32(salt);
        job = submit(request, one(terms), ATTACKER);
        claim(job);
    }

    function farmByFailures(Terms memory terms) private {
        addWorker(SECOND_OPERATOR, SECOND_KEY);
        Posted memory job = spring(terms, 0);
        settle(job, 32);
        claim(job, SECOND_OPERATOR, vm.addr(SECOND_KEY));
        settle(job, makeReceipt(job, 2, 33), SECOND_KEY);
        vm.warp(job.params.offer.claimBy + 1);
        cancel(job);
        executeSlashes();
        eq(token.balanceOf(BURNED), 2 * BOND / 20);
    }
}
