// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Check} from "../helpers/Check.sol";
import {Handler} from "./Handler.sol";

struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

/// @dev The invariants of grants, jobs, nodes and their money, each a function, in the order of docs/invariants.md.
abstract contract Asking is Check {
    error Surprise(bytes32 what, bytes answer);

    Handler internal handler;

    /// All of them on one walk: what `npm run test:deep` runs in their stead, where a walk for each would take hours.
    function invariant_AllAtOnce() public view {
        askAll();
    }

    function askAll() internal view {
        invariant_36_CallsSucceedExactlyWhereTheyMay();
        invariant_01_EscrowAndDebtsEqualTheMarketsTokens();
        invariant_02_NoTokenIsCreatedOrLost();
        invariant_03_GrantsStayWithinTheirTerms();
        invariant_04_UsesAreThoseOfTheJobs();
        invariant_05_AnEndedJobNeverMoves();
        invariant_06_NoJobOnABrokenGrant();
        invariant_07_ABannedFrozenOrDestroyedKeyNeverSettles();
        invariant_08_NodesAreSoulbound();
        invariant_09_EpochsAndVersionsNeverGoBack();
        invariant_10_StakesEqualTheRegistrysTokens();
        invariant_11_ReceiptsAreKeptWhereTheyEndedAJob();
        invariant_12_OnlyAClaimedJobHasAKeyAndAttemptsAreOneToThree();
        invariant_13_SettlementsAreCountedOnce();
        invariant_14_ARevokedGrantStaysRevoked();
        invariant_15_OwnersAreOwedWhatTheirJobsSay();
        invariant_16_OperatorsAreOwedWhatTheirJobsSay();
        invariant_17_RequestersAreOwedWhatTheirJobsSay();
        invariant_18_ProtocolFeesAreKeptOnlyWhereTheyAreDue();
        invariant_19_StakesCoverTheBonds();
        askRest();
    }

    function askRest() private view {
        invariant_20_OpenClaimsAreTheNodesClaimedJobs();
        invariant_21_TotalWeightIsTheSumOfWeights();
        invariant_22_OnlyActiveWorkersWeigh();
        invariant_23_WeightSinceMovesOnlyWhereWeightGrows();
        invariant_24_AFailedNodeNeverClaimsTheJobAgain();
        invariant_25_DeadlinesAreThoseOfTheClaims();
        invariant_26_AJobIsClaimedByWhoseTurnItIs();
        invariant_27_AClaimAndALieAreSlashedOnce();
        invariant_28_ACondemnedKeyStaysDestroyed();
        invariant_29_NothingIsClaimedWhilePaused();
        invariant_30_ReadsPayAtOnce();
        invariant_31_CollectedFeesFallOnlyByBurning();
        invariant_32_NothingIsOfAFutureEpoch();
        invariant_33_FailedClaimsAreCountedOnce();
        invariant_34_StakesMoveOnlyAsBooked();
        invariant_35_KeysAndJobsMoveOnlyAsBooked();
    }

    function invariant_01_EscrowAndDebtsEqualTheMarketsTokens() public view {
        for (uint256 money = 0; money < 2; ++money) {
            (uint256 there, uint256 wanted) = handler.marketMoney(money);
            eq(there, wanted);
        }
    }

    function invariant_02_NoTokenIsCreatedOrLost() public view {
        for (uint256 money = 0; money < 2; ++money) {
            (uint256 came, uint256 wentOrThere) = handler.marketFlow(money);
            eq(came, wentOrThere);
        }
        (uint256 staked, uint256 leftOrThere) = handler.registryFlow();
        eq(staked, leftOrThere);
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

    function invariant_07_ABannedFrozenOrDestroyedKeyNeverSettles() public view {
        yes(!handler.unusableKeySettled());
    }

    function invariant_08_NodesAreSoulbound() public view {
        yes(handler.tokensAtHome());
    }

    function invariant_09_EpochsAndVersionsNeverGoBack() public view {
        yes(!handler.wentBack());
    }

    function invariant_10_StakesEqualTheRegistrysTokens() public view {
        (uint256 there, uint256 wanted) = handler.registryMoney();
        eq(there, wanted);
    }

    function invariant_11_ReceiptsAreKeptWhereTheyEndedAJob() public view {
        yes(handler.receiptsWhereDue());
    }

    function invariant_12_OnlyAClaimedJobHasAKeyAndAttemptsAreOneToThree() public view {
        yes(handler.claimsAreWhole());
    }

    function invariant_13_SettlementsAreCountedOnce() public view {
        yes(handler.settledIsRight());
    }

    function invariant_14_ARevokedGrantStaysRevoked() public view {
        yes(handler.revokedStayRevoked());
    }

    function invariant_15_OwnersAreOwedWhatTheirJobsSay() public view {
        yes(handler.ownersAreCredited());
    }

    function invariant_16_OperatorsAreOwedWhatTheirJobsSay() public view {
        yes(handler.operatorsAreCredited());
    }

    function invariant_17_RequestersAreOwedWhatTheirJobsSay() public view {
        yes(handler.requestersAreCredited());
    }

    function invariant_18_ProtocolFeesAreKeptOnlyWhereTheyAreDue() public view {
        yes(handler.protocolFeesAreRight());
    }

    function invariant_19_StakesCoverTheBonds() public view {
        yes(handler.stakesCoverBonds());
    }

    function invariant_20_OpenClaimsAreTheNodesClaimedJobs() public view {
        yes(handler.openClaimsAreJobs());
    }

    function invariant_21_TotalWeightIsTheSumOfWeights() public view {
        yes(handler.totalWeightIsTheSum());
    }

    function invariant_22_OnlyActiveWorkersWeigh() public view {
        yes(handler.onlyActiveWorkersWeigh());
    }

    function invariant_23_WeightSinceMovesOnlyWhereWeightGrows() public view {
        yes(handler.weightsAreNotAhead());
    }

    function invariant_24_AFailedNodeNeverClaimsTheJobAgain() public view {
        yes(!handler.failedNodeCameBack());
    }

    function invariant_25_DeadlinesAreThoseOfTheClaims() public view {
        yes(handler.deadlinesAreRight());
    }

    function invariant_26_AJobIsClaimedByWhoseTurnItIs() public view {
        yes(!handler.claimedOutOfTurn());
    }

    function invariant_27_AClaimAndALieAreSlashedOnce() public view {
        yes(handler.slashesAreAsBooked());
    }

    function invariant_28_ACondemnedKeyStaysDestroyed() public view {
        yes(handler.condemnedStayDestroyed());
    }

    function invariant_29_NothingIsClaimedWhilePaused() public view {
        yes(!handler.claimedWhilePaused());
    }

    function invariant_30_ReadsPayAtOnce() public view {
        yes(handler.readsHoldNothing());
    }

    function invariant_31_CollectedFeesFallOnlyByBurning() public view {
        yes(handler.burnsAreRight());
    }

    function invariant_32_NothingIsOfAFutureEpoch() public view {
        yes(handler.grantsAreNotAhead());
    }

    function invariant_33_FailedClaimsAreCountedOnce() public view {
        yes(handler.failedIsRight());
    }

    function invariant_34_StakesMoveOnlyAsBooked() public view {
        yes(handler.stakesAreAsBooked());
    }

    function invariant_35_KeysAndJobsMoveOnlyAsBooked() public view {
        yes(handler.keysAreAsBooked());
        yes(handler.jobsAreAsBooked());
    }

    function invariant_36_CallsSucceedExactlyWhereTheyMay() public view {
        if (handler.surprise() != 0) revert Surprise(handler.surprise(), handler.surpriseAnswer());
    }
}
