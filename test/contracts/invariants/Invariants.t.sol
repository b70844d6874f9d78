// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {Check} from "../helpers/Check.sol";
import {Handler} from "./Handler.sol";

/// @dev Numbered in docs/invariants.md. Each looks at runs of everything that Handler does.
/// How many runs of how many calls is in hardhat.test.config.ts: a few in `npm test`, thousands in `npm run test:deep`.
contract InvariantsTest is Check {
    Handler private handler;

    function setUp() public {
        handler = new Handler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// An invariant that never sees a settled job proves nothing: the handler reaches every end of a job.
    function test_HandlerReachesEveryState() public {
        uint256 dice = 1;
        for (uint256 i = 0; i < 1500; ++i) {
            dice = uint256(keccak256(abi.encode(dice)));
            roll(dice % 16, dice >> 8, dice >> 40);
        }
        for (uint256 status = 1; status <= uint256(type(JobStatus).max); ++status) {
            yes(handler.countOf(JobStatus(status)) != 0);
        }
        invariant_01_EscrowAndDebtsEqualTheMarketsTokens();
        invariant_02_NoTokenIsCreatedOrLost();
        invariant_03_GrantsStayWithinTheirTerms();
        invariant_04_UsesAreThoseOfTheJobs();
        invariant_05_AnEndedJobNeverMoves();
        invariant_06_NoJobOnABrokenGrant();
        invariant_07_ABannedKeyNeverSettles();
        invariant_08_NodesAreSoulbound();
        invariant_09_EpochsAndVersionsNeverGoBack();
        invariant_10_StakesEqualTheRegistrysTokens();
        invariant_11_ReceiptsAreKeptWhereTheyEndedAJob();
        invariant_12_OnlyAClaimedJobHasAKeyAndAttemptsAreOneToThree();
        invariant_13_SettlementsAreCountedOnce();
        invariant_14_ARevokedGrantStaysRevoked();
    }

    function roll(uint256 action, uint256 a, uint256 b) private {
        if (action == 0) handler.giveGrant(a, uint32(b), uint96(a), uint64(b));
        else if (action <= 4) handler.submitJob(a, b, uint32(a), uint96(b));
        else if (action <= 8) handler.claimJob(a, b);
        else if (action == 9) handler.settleJob(a, uint16(b));
        else if (action == 10) handler.settleLatest(uint16(b));
        else if (action == 11) handler.timeOutJob(a);
        else if (action == 12) handler.cancelJob(a);
        else if (action == 13) handler.withdraw(a);
        else if (action == 14) handler.wait(a);
        else handler.donate(a);
    }

    function invariant_01_EscrowAndDebtsEqualTheMarketsTokens() public view {
        eq(handler.openEscrow() + handler.allOwed() + handler.donated(), handler.marketBalance());
    }

    function invariant_02_NoTokenIsCreatedOrLost() public view {
        eq(handler.broughtIn(), handler.takenOut() + handler.marketBalance());
    }

    function invariant_03_GrantsStayWithinTheirTerms() public view {
        yes(handler.grantsWithinTerms());
    }

    function invariant_04_UsesAreThoseOfTheJobs() public view {
        yes(handler.usesMatchJobs());
    }

    function invariant_05_AnEndedJobNeverMoves() public view {
        yes(handler.endedJobsUnchanged());
    }

    function invariant_06_NoJobOnABrokenGrant() public view {
        yes(!handler.brokenGrantUsed());
    }

    function invariant_07_ABannedKeyNeverSettles() public view {
        yes(!handler.bannedKeySettled());
    }

    function invariant_08_NodesAreSoulbound() public view {
        yes(handler.tokensAtHome());
    }

    function invariant_09_EpochsAndVersionsNeverGoBack() public view {
        yes(!handler.epochWentBack());
    }

    function invariant_10_StakesEqualTheRegistrysTokens() public view {
        eq(handler.stakeOfNodes(), handler.staked());
        eq(handler.stakeBalance(), handler.staked());
    }

    function invariant_11_ReceiptsAreKeptWhereTheyEndedAJob() public view {
        yes(handler.receiptsWhereDue());
    }

    function invariant_12_OnlyAClaimedJobHasAKeyAndAttemptsAreOneToThree() public view {
        yes(handler.claimsAreWhole());
    }

    function invariant_13_SettlementsAreCountedOnce() public view {
        eq(handler.countedSettlements(), handler.settledCount());
    }

    function invariant_14_ARevokedGrantStaysRevoked() public view {
        yes(!handler.revokedCameBack());
    }
}
