// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Check} from "../helpers/Check.sol";
import {AppHandler} from "./AppHandler.sol";

/// @dev Numbered in docs/invariants.md. Each looks at runs of everything that AppHandler does.
contract AppInvariantsTest is Check {
    AppHandler private handler;

    function setUp() public {
        handler = new AppHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// An invariant that never sees a proved domain proves nothing.
    function test_AppHandlerReachesEveryState() public {
        uint256 dice = 1;
        uint256 proved = 0;
        uint256 joined = 0;
        for (uint256 i = 0; i < 1500; ++i) {
            dice = uint256(keccak256(abi.encode(dice)));
            roll(dice % 18, dice >> 8, dice >> 40);
            if (handler.countProved() > proved) proved = handler.countProved();
            if (handler.countJoined() > joined) joined = handler.countJoined();
            invariant_44_AProvedDomainHasAnAllowedAttestorAndAnUnexpiredProof();
            invariant_45_AnAccountActsForOneAppAndBothSidesAgreed();
        }
        yes(proved > 1 && joined > 1 && handler.countRetired() > 1);
        invariant_46_ARetiredAppNeverComesBack();
        invariant_47_NothingStaleIsTaken();
    }

    function roll(uint256 action, uint256 a, uint256 b) private {
        if (action == 0) handler.registerApp(a);
        else if (action == 1) handler.updateApp(a, b);
        else if (action == 2) handler.transferApp(a, b);
        else if (action == 3) handler.retireApp(a % 40);
        else if (action <= 5) handler.setAccount(a, b, a % 4 != 0);
        else if (action == 6) handler.acceptAccount(a, b);
        else if (action <= 8) handler.acceptAccountBySig(a, b);
        else if (action == 9) handler.consentAgain(a);
        else if (action == 10) handler.leaveApp(a);
        else if (action <= 12) handler.attestDomain(a, b, a >> 20, b >> 20);
        else if (action == 13) handler.attestAgain(a);
        else if (action == 14) handler.revokeDomainProof(a, b % 2 == 0);
        else if (action == 15) handler.allowAttestor(a);
        else if (action == 16) handler.removeAttestor(a);
        else handler.wait(a);
    }

    function invariant_44_AProvedDomainHasAnAllowedAttestorAndAnUnexpiredProof() public view {
        yes(handler.provedAsByTheBook());
    }

    function invariant_45_AnAccountActsForOneAppAndBothSidesAgreed() public view {
        yes(handler.accountsAsByTheBook());
    }

    function invariant_46_ARetiredAppNeverComesBack() public view {
        yes(handler.retiredStayRetired());
    }

    function invariant_47_NothingStaleIsTaken() public view {
        yes(!handler.staleProofTaken() && !handler.staleConsentTaken() && !handler.removedCameBack());
    }
}
