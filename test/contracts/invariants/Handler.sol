// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Dataset} from "../../../contracts/interfaces/IDatasetRegistry.sol";
import {Node} from "../../../contracts/interfaces/INodeRegistry.sol";
import {ITestMoney} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";
import {NodeQuestions} from "./NodeQuestions.sol";

/// @dev Everyone at once, on one stage, with a race of four blocks. What is done is in the …Steps, what is asked in the
/// …Questions, and the test's own account in Book.
contract Handler is NodeQuestions {
    constructor() {
        vm.warp(START);
        vm.roll(1000);
        deploy();
        monies[0] = token;
        monies[1] = ITestMoney(make("dev", "DevToken", ""));
        market.allowToken(address(monies[1]), 300, 0);
        (allowed[0], allowed[1]) = (true, true);
        codes.push(MEASUREMENT);
        nodeBooks.push();
        for (uint256 i = 0; i < OWNERS; ++i) {
            people.push(vm.addr(ownerKeyOf(i)));
            registerSet(i);
        }
        for (uint256 i = 0; i < OPERATORS; ++i) {
            people.push(operatorOf(i));
            joinNode(i);
            addKey(i, true, MEASUREMENT, false);
            addKey(i, false, MEASUREMENT, false);
        }
        people.push(REQUESTER);
        for (uint256 i = 0; i < MONIES; ++i) {
            purse(monies[i], REQUESTER);
            purse(monies[i], operatorOf(0));
        }
        rollTo(1010);
    }

    function raceUnit() internal pure virtual override returns (uint256) {
        return 4;
    }

    /// @dev One thing that somebody does. All of it follows from the dice, some things more often than others.
    function step(uint256 dice) external {
        dice = toss(dice);
        (uint256 collected, uint256 firstBlock) = (feesSoFar(), block.number);
        uint256 who = dice % 32;
        dice = toss(dice);
        if (who < 6) stepOfOwner(dice);
        else if (who < 12) stepOfRequester(dice);
        else if (who < 18) stepOfClaimer(dice);
        else if (who < 23) stepOfReceipts(dice);
        else if (who < 26) stepOfNode(dice);
        else if (who < 28) stepOfGovernance(dice);
        else if (who < 29) stepOfStranger(dice);
        else stepOfTime(dice);
        watch(collected, firstBlock);
    }

    function purse(ITestMoney money, address account) private {
        money.mint(account, type(uint128).max);
        vm.prank(account);
        money.approve(address(market), type(uint256).max);
    }

    /// @dev Fees that were ever kept: what is there, and what is burned.
    function feesSoFar() private view returns (uint256 sum) {
        for (uint256 i = 0; i < MONIES; ++i) {
            sum += market.tokenOf(address(monies[i])).collected + burnedFees[i];
        }
    }

    /// @dev Compares with the last look.
    function watch(uint256 collected, uint256 firstBlock) private {
        if (feesSoFar() < collected) feeFellUnburned = true;
        for (uint256 i = 1; i < nodeBooks.length; ++i) {
            Node memory now_ = node(i);
            bool grew = now_.weight > nodeBooks[i].seenWeight;
            // A step may be several blocks.
            bool right = grew
                ? now_.weightSince >= firstBlock && now_.weightSince <= block.number
                : now_.weightSince == nodeBooks[i].seenSince;
            if (!right) weightMovedAlone = true;
            (nodeBooks[i].seenWeight, nodeBooks[i].seenSince) = (now_.weight, now_.weightSince);
        }
        for (uint256 i = 0; i < sets.length; ++i) {
            Dataset memory now_ = datasets.datasetOf(sets[i].id);
            if (now_.version < sets[i].seenVersion || now_.keyEpoch < sets[i].seenEpoch) wentBack = true;
            if (now_.keyEpoch != sets[i].keyEpoch || now_.status != sets[i].status) wentBack = true;
            (sets[i].seenVersion, sets[i].seenEpoch) = (now_.version, now_.keyEpoch);
        }
        for (uint256 i = 0; i < OWNERS; ++i) {
            if (grants.ownerEpochOf(ownerOf(i)) != ownerEpochs[i]) wentBack = true;
        }
    }
}

/// @dev The same where the first claim wins.
contract QuickHandler is Handler {
    function raceUnit() internal pure override returns (uint256) {
        return 0;
    }
}
