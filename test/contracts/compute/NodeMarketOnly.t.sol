// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ClaimOutcome, INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeKit} from "../helpers/NodeKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev An operator that could close its own claims would free its bond and make its own reputation.
contract NodeMarketOnlyTest is NodeKit {
    function test_RevertWhen_OperatorClosesAClaim() public {
        for (uint8 outcome = 0; outcome <= uint8(type(ClaimOutcome).max); ++outcome) {
            expectNotMarket();
            nodes.closeClaim(WORKER, ClaimOutcome(outcome), 1, REQUESTER, 1);
        }
    }

    function test_RevertWhen_OperatorSlashes() public {
        expectNotMarket();
        nodes.slashEquivocation(WORKER);
    }

    function expectNotMarket() private {
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.NodeCallerNotMarket.selector, OPERATOR, address(market))
        );
        vm.prank(OPERATOR);
    }
}
