// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {JobKit} from "../helpers/JobKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev One is more than nothing: of a fee, of what counts for reputation, of the bytes of a signature.
contract JobDustTest is JobKit {
    address private constant BURNED = 0x000000000000000000000000000000000000dEaD;

    function test_settleJob_KeepsAFeeOfOne() public {
        market.removeToken(address(token));
        market.allowToken(address(token), PROTOCOL_FEE_BPS, 1);
        Terms memory terms = makeTerms();
        terms.price = 100;
        giveGrant(terms);
        Posted memory job = openJob("dust", one(terms), 0);
        eq(job.params.order.protocolFee, 1);
        claim(job);
        settle(job, 0);
        eq(collected(), 1);
        yes(nodes.nodeOf(nodeId).burned != 0);
    }

    function test_executeSlash_PaysACostOfOne() public {
        silence(100);
        nodes.executeSlash(nodes.slashCount());
        eq(nodes.compensationOf(REQUESTER), 1);
    }

    function test_executeSlash_BurnsTheLastOne() public {
        silence((BOND - 1) * 100);
        uint256 before = token.balanceOf(BURNED);
        nodes.executeSlash(nodes.slashCount());
        eq(token.balanceOf(BURNED) - before, 1);
        eq(nodes.compensationOf(REQUESTER), BOND - 1);
    }

    function test_RevertWhen_OwnersSignatureIsOneByte() public {
        Terms memory terms = makeTerms();
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = hex"01";
        vm.expectRevert(
            abi.encodeWithSelector(IGrantRegistry.GrantSignatureInvalid.selector, grants.hashTerms(terms), OWNER)
        );
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(makeRequest(one(terms)), one(terms), signatures);
    }

    /// Without a signature a grant must be there: nothing is asked of its owner.
    function test_RevertWhen_GrantIsNotThereAndUnsigned() public {
        Terms memory terms = makeTerms();
        vm.expectRevert(
            abi.encodeWithSelector(
                IGrantRegistry.GrantNotUsable.selector, grants.hashTerms(terms), Reason.GrantUnknown
            )
        );
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(makeRequest(one(terms)), one(terms), new bytes[](1));
    }

    /// @dev A node falls silent over a job of that price and no fee; the appeal is over.
    function silence(uint96 price) private {
        Terms memory terms = makeTerms();
        terms.price = price;
        giveGrant(terms);
        Posted memory job = openJob("silent", one(terms), 0);
        claim(job);
        timeOut(job);
        vm.warp(block.timestamp + 3 days);
    }
}
