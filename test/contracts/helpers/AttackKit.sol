// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {GrantKit} from "./GrantKit.sol";
import {ITestMoney, Posted} from "./Kit.sol";
import {vm} from "./Vm.sol";

/// @dev An attacker, what it is worth, and a victim that does all it should.
abstract contract AttackKit is GrantKit {
    address internal constant ATTACKER = address(0xbad);
    uint256 internal constant SECOND_KEY = 0xc001;
    address internal constant BURNED = 0x000000000000000000000000000000000000dEaD;

    /// @dev All that an account has in the deployment's token: in its purse, in the market, as compensation, and as stake.
    function worth(address account) internal view returns (uint256 sum) {
        sum = token.balanceOf(account) + owed(account) + nodes.compensationOf(account);
        for (uint32 i = 1; i <= nodes.nodeCount(); ++i) {
            if (nodes.nodeOf(NodeId.wrap(i)).operator == account) sum += nodes.nodeOf(NodeId.wrap(i)).stake;
        }
    }

    function worthIn(address money, address account) internal view returns (uint256) {
        return IERC20(money).balanceOf(account) + market.balanceOf(money, account);
    }

    /// @dev A dataset of `owner` with a grant to `grantee`.
    function giveGrantOf(address owner, address grantee, address money, uint96 price)
        internal
        returns (Terms memory terms)
    {
        terms = termsOf(owner);
        terms.grantee = grantee;
        terms.token = money;
        terms.price = price;
        giveGrant(terms);
    }

    function timeOut(Posted memory job) internal {
        vm.warp(market.jobOf(job.id).dueBy + 1);
        market.timeOutJob(job.id, job.params);
    }

    function cancel(Posted memory job) internal {
        vm.prank(job.params.order.requester);
        market.cancelJob(job.id, job.params);
    }

    /// @dev All slashes there are, carried out.
    function executeSlashes() internal {
        vm.warp(block.timestamp + nodes.APPEAL_DELAY());
        for (uint256 i = 1; i <= nodes.slashCount(); ++i) {
            if (nodes.slashOf(i).amount != 0) nodes.executeSlash(i);
        }
    }

    /// @dev Another token, allowed on the terms of the deployment's own but worth nothing to reputation.
    function allow(address money) internal {
        market.allowToken(money, PROTOCOL_FEE_BPS, 0);
        vm.prank(REQUESTER);
        IERC20(money).approve(address(market), type(uint256).max);
    }

    function otherToken() internal returns (address money) {
        money = make("dev", "DevToken", "");
        ITestMoney(money).mint(REQUESTER, 1_000e18);
        allow(money);
    }
}
