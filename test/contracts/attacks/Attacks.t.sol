// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {GrantStatus, IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {IJobMarket, JobStatus} from "../../../contracts/interfaces/IJobMarket.sol";
import {INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {GrantHash} from "../../../contracts/types/Ids.sol";
import {JobParams} from "../../../contracts/types/JobParams.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {Kit} from "../helpers/Kit.sol";
import {FeeToken, LyingToken, ReentrantToken, SilentToken} from "../helpers/Tokens.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Each test is named after the attack that it shows to fail.
contract AttacksTest is Kit {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant SECOND_KEY = 0xc001;

    // Grants

    function test_Attack_HundredJobsInOneBlockAgainstOneUse() public {
        Terms memory terms = makeTerms();
        terms.maxUses = 1;
        GrantHash grantHash = giveGrant(terms);
        uint256 accepted = 0;
        for (uint256 i = 0; i < 100; ++i) {
            JobParams memory params = makeParams(one(terms));
            params.salt = bytes32(i);
            vm.prank(REQUESTER);
            try market.submitJob(params, one(terms)) {
                ++accepted;
            } catch (bytes memory problem) {
                eq(
                    keccak256(problem),
                    keccak256(
                        abi.encodeWithSelector(
                            IGrantRegistry.GrantNotUsable.selector, grantHash, Reason.GrantExhausted
                        )
                    )
                );
            }
        }
        eq(accepted, 1);
        eq(grants.grantOf(grantHash).uses, 1);
    }

    function test_Attack_TombstoneOnAStrangersGrant() public {
        Terms memory terms = makeTerms();
        GrantHash victim = grants.hashTerms(terms);
        vm.startPrank(STRANGER);
        vm.expectPartialRevert(IGrantRegistry.GrantCallerNotOwner.selector);
        grants.revoke(terms);
        // With himself as the owner he reaches another slot.
        terms.owner = STRANGER;
        yes(grants.revoke(terms) != victim);
        vm.stopPrank();
        terms.owner = OWNER;
        giveGrant(terms);
        yes(grants.grantOf(victim).status == GrantStatus.Active);
    }

    function test_Attack_FrontRunGrantBySig() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signature(OWNER_KEY, GrantHash.unwrap(grants.hashTerms(terms)));
        vm.prank(STRANGER);
        grants.grantBySig(terms, signed);
        // The one who was overtaken goes on undisturbed, alone or within a submission.
        grants.grantBySig(terms, signed);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signed;
        JobParams memory params = makeParams(one(terms));
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(params, one(terms), signatures);
    }

    function test_Attack_OldGrantAfterRevokeAll() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        vm.prank(OWNER);
        grants.revokeAll();
        JobParams memory params = makeParams(one(terms));
        expectNotUsable(terms, Reason.GrantRevoked);
        submit(params, one(terms));
        // Submitting it again does not bring it back.
        giveGrant(terms);
        expectNotUsable(terms, Reason.GrantRevoked);
        submit(params, one(terms));
    }

    function test_Attack_GrantOnAnothersDataset() public {
        Terms memory terms = makeTerms();
        terms.owner = STRANGER;
        vm.expectPartialRevert(IGrantRegistry.GrantDatasetNotOwned.selector);
        giveGrant(terms);
    }

    /// Terms of a cheaper grant for the same dataset do not pass for the real one.
    function test_Attack_CheaperTerms() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        terms.price = 1;
        JobParams memory params = makeParams(one(terms));
        expectNotUsable(terms, Reason.GrantUnknown);
        submit(params, one(terms));
    }

    // Receipts

    function test_Attack_StaleReceiptOfAnEarlierAttempt() public {
        JobParams memory params = claimedJob();
        Receipt memory stale = makeReceipt(params, 1, 0);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(stale));
        settle(params, 32);
        addWorker(SECOND_OPERATOR, SECOND_KEY);
        vm.prank(SECOND_OPERATOR);
        market.claimJob(params, vm.addr(SECOND_KEY));
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.ReceiptAttemptMismatched.selector, idOf(params), 1, 2)
        );
        market.settleJob(params, stale, signed, RESULT);
        // Nor does the first key speak for the second attempt.
        Receipt memory fresh = makeReceipt(params, 2, 0);
        signed = signature(WORKER_KEY, market.receiptDigest(fresh));
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        market.settleJob(params, fresh, signed, RESULT);
    }

    function test_Attack_FailureReceiptTwice() public {
        JobParams memory params = claimedJob();
        Receipt memory receipt = makeReceipt(params, 1, 32);
        settle(params, receipt, WORKER_KEY);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        vm.expectPartialRevert(IJobMarket.JobNotClaimed.selector);
        market.settleJob(params, receipt, signed, "");
    }

    function test_Attack_AnotherJobsReceipt() public {
        JobParams memory first = claimedJob();
        JobParams memory second = makeParams(one(makeTerms()));
        second.salt = "second";
        submit(second, one(makeTerms()));
        claim(second);
        Receipt memory receipt = makeReceipt(first, 1, 0);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.ReceiptJobMismatched.selector, idOf(second), idOf(first))
        );
        market.settleJob(second, receipt, signed, RESULT);
    }

    function test_Attack_SecondReceiptAfterTheEnd() public {
        JobParams memory params = claimedJob();
        settle(params, 0);
        Receipt memory receipt = makeReceipt(params, 1, 16);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        vm.expectRevert(
            abi.encodeWithSelector(IJobMarket.JobNotClaimed.selector, idOf(params), JobStatus.Settled)
        );
        market.settleJob(params, receipt, signed, "");
    }

    // Signatures

    function test_Attack_MalleatedReceiptSignature() public {
        JobParams memory params = claimedJob();
        Receipt memory receipt = makeReceipt(params, 1, 0);
        bytes memory signed = malleate(WORKER_KEY, market.receiptDigest(receipt));
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        market.settleJob(params, receipt, signed, RESULT);
    }

    function test_Attack_MalleatedGrantSignature() public {
        Terms memory terms = makeTerms();
        bytes memory signed = malleate(OWNER_KEY, GrantHash.unwrap(grants.hashTerms(terms)));
        vm.expectPartialRevert(IGrantRegistry.GrantSignatureInvalid.selector);
        grants.grantBySig(terms, signed);
    }

    function test_Attack_ReplayAcrossChains() public {
        JobParams memory params = claimedJob();
        Terms memory terms = makeTerms();
        terms.salt = "new";
        bytes memory signedTerms = signature(OWNER_KEY, GrantHash.unwrap(grants.hashTerms(terms)));
        bytes memory signedRevocation = signature(OWNER_KEY, grants.revocationDigest(grants.hashTerms(makeTerms())));
        Receipt memory receipt = makeReceipt(params, 1, 0);
        bytes memory signedReceipt = signature(WORKER_KEY, market.receiptDigest(receipt));

        vm.chainId(1337);
        vm.expectPartialRevert(IGrantRegistry.GrantSignatureInvalid.selector);
        grants.grantBySig(terms, signedTerms);
        vm.expectPartialRevert(IGrantRegistry.GrantSignatureInvalid.selector);
        grants.revokeBySig(makeTerms(), signedRevocation);
        // The job itself has another id on another chain.
        vm.expectPartialRevert(IJobMarket.JobParamsMismatched.selector);
        market.settleJob(params, receipt, signedReceipt, RESULT);
    }

    function test_Attack_ReplayAcrossContracts() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signature(OWNER_KEY, GrantHash.unwrap(grants.hashTerms(terms)));
        IGrantRegistry other = IGrantRegistry(
            make("access", "GrantRegistry", abi.encode(datasets, measurements, address(market)))
        );
        vm.expectPartialRevert(IGrantRegistry.GrantSignatureInvalid.selector);
        other.grantBySig(terms, signed);
    }

    // Tokens

    function test_Attack_FeeOnTransferToken() public {
        FeeToken fee = new FeeToken();
        fee.mint(REQUESTER, 100e18);
        vm.prank(REQUESTER);
        fee.approve(address(market), type(uint256).max);
        Terms memory terms = termsIn(address(fee));
        JobParams memory params = makeParams(one(terms));
        vm.expectRevert(
            abi.encodeWithSelector(
                IJobMarket.TokenAmountMismatched.selector, address(fee), PRICE + FEE - 1, PRICE + FEE
            )
        );
        submit(params, one(terms));
    }

    function test_Attack_TokenThatMovesNothing() public {
        LyingToken lying = new LyingToken();
        Terms memory terms = termsIn(address(lying));
        JobParams memory params = makeParams(one(terms));
        vm.expectRevert(
            abi.encodeWithSelector(
                IJobMarket.TokenAmountMismatched.selector, address(lying), 0, PRICE + FEE
            )
        );
        submit(params, one(terms));
    }

    function test_Attack_TokenThatIsNoContract() public {
        Terms memory terms = termsIn(address(0xdead));
        JobParams memory params = makeParams(one(terms));
        vm.expectRevert();
        submit(params, one(terms));
    }

    function test_TokenThatReturnsNothingWorks() public {
        SilentToken silent = new SilentToken();
        silent.mint(REQUESTER, PRICE + FEE);
        Terms memory terms = termsIn(address(silent));
        JobParams memory params = makeParams(one(terms));
        submit(params, one(terms));
        claim(params);
        settle(params, 0);
        vm.prank(OWNER);
        market.withdraw(address(silent));
        eq(silent.balanceOf(OWNER), PRICE);
    }

    function test_Attack_ReentrantTokenWhileWithdrawing() public {
        (ReentrantToken reentrant, JobParams memory params) = reentrantJob();
        settle(params, 0);
        reentrant.arm(address(market), abi.encodeCall(IJobMarket.withdraw, (address(reentrant))));
        vm.prank(OWNER);
        market.withdraw(address(reentrant));
        expectLocked(reentrant);
        eq(reentrant.balanceOf(OWNER), PRICE);
        eq(reentrant.balanceOf(address(market)), FEE);
    }

    function test_Attack_ReentrantTokenWhileSubmitting() public {
        (ReentrantToken reentrant, JobParams memory params) = reentrantJob();
        Receipt memory receipt = makeReceipt(params, 1, 0);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        reentrant.arm(
            address(market), abi.encodeCall(IJobMarket.settleJob, (params, receipt, signed, RESULT))
        );
        Terms memory terms = termsIn(address(reentrant));
        JobParams memory second = makeParams(one(terms));
        second.salt = "second";
        submit(second, one(terms));
        expectLocked(reentrant);
        yes(market.jobOf(idOf(params)).status == JobStatus.Claimed);
    }

    /// Money of one token does not pay debts in another.
    function test_Attack_WorthlessTokenAgainstRealMoney() public {
        claimedJob();
        (ReentrantToken worthless, JobParams memory params) = reentrantJob();
        settle(params, 0);
        eq(owed(OWNER), 0);
        eq(market.balanceOf(address(worthless), OWNER), PRICE);
        eq(token.balanceOf(address(market)), PRICE + FEE);
    }

    function test_Attack_ExtremePrices() public {
        Terms[] memory list = giveGrants(3);
        fund(REQUESTER, 4 * uint256(type(uint96).max));
        for (uint256 i = 0; i < 3; ++i) {
            list[i].price = type(uint96).max;
            giveGrant(list[i]);
        }
        JobParams memory params = makeParams(list);
        params.fee = type(uint96).max;
        submit(params, list);
        claim(params);
        settle(params, 0);
        eq(owed(OWNER), 3 * uint256(type(uint96).max));
        eq(owed(OPERATOR), type(uint96).max);
    }

    // Jobs and nodes

    /// The requester has the data's worth, so the owner is paid although no result came.
    function test_Attack_RunThenTimeOutForFreeData() public {
        JobParams memory params = claimedJob();
        vm.warp(params.deadline + 1);
        market.timeOutJob(params);
        eq(owed(OWNER), PRICE);
        eq(owed(REQUESTER), FEE);
        eq(grants.grantOf(params.inputs[0].grantHash).uses, 1);
    }

    /// A pre-release code does not undo an earlier attempt that opened the data.
    function test_Attack_RefundAfterAnEarlierRelease() public {
        JobParams memory params = claimedJob();
        settle(params, 48);
        addWorker(SECOND_OPERATOR, SECOND_KEY);
        vm.prank(SECOND_OPERATOR);
        market.claimJob(params, vm.addr(SECOND_KEY));
        settle(params, makeReceipt(params, 2, 1), SECOND_KEY);
        eq(owed(OWNER), PRICE);
        eq(owed(REQUESTER), 0);
    }

    function test_Attack_RevokeAfterReleaseToCheatTheNode() public {
        JobParams memory params = claimedJob();
        vm.startPrank(OWNER);
        grants.revoke(makeTerms());
        grants.revokeAll();
        datasets.eraseDataset(datasetId);
        vm.stopPrank();
        settle(params, 0);
        eq(owed(OPERATOR), FEE);
    }

    function test_Attack_CancelUntilTheDrawIsLiked() public {
        JobParams memory params = openJob();
        vm.expectPartialRevert(IJobMarket.JobClaimWindowOpen.selector);
        vm.prank(REQUESTER);
        market.cancelJob(params);
    }

    function test_Attack_NameAFriendsNode() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        JobParams memory params = makeParams(one(terms));
        params.namedNode = nodeId;
        vm.expectPartialRevert(IJobMarket.JobNodeNotNameable.selector);
        submit(params, one(terms));
    }

    function test_Attack_UnbondWhileAJobRuns() public {
        vm.prank(OPERATOR);
        nodes.requestExit(nodeId);
        vm.warp(START + 7 days);
        vm.expectPartialRevert(INodeRegistry.NodeStillBonded.selector);
        vm.prank(OPERATOR);
        nodes.withdrawStake(nodeId);
    }

    function test_Attack_SimulatedEvidenceOnARealChain() public {
        vm.chainId(1);
        vm.expectRevert();
        this.deploySimulated();
        nodes.removeVerifier(verifier);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.VerifierSimulated.selector, verifier, 1));
        nodes.allowVerifier(verifier);
    }

    function deploySimulated() external {
        make("attestation", "SimulatedEvidenceVerifier", abi.encode(OWNER));
    }

    function termsIn(address money) private returns (Terms memory terms) {
        terms = makeTerms();
        terms.token = money;
        giveGrant(terms);
    }

    /// @dev Claimed, in a token that can call back.
    function reentrantJob() private returns (ReentrantToken reentrant, JobParams memory params) {
        reentrant = new ReentrantToken();
        reentrant.mint(REQUESTER, 100e18);
        vm.prank(REQUESTER);
        reentrant.approve(address(market), type(uint256).max);
        Terms memory terms = termsIn(address(reentrant));
        params = makeParams(one(terms));
        params.salt = "reentrant";
        submit(params, one(terms));
        claim(params);
    }

    function expectLocked(ReentrantToken reentrant) private view {
        yes(!reentrant.succeeded());
        eq(bytes32(reentrant.answer()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
    }

    function malleate(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }
}
