// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {IJobMarket, JobStatus, Settlement} from "../../../contracts/interfaces/IJobMarket.sol";
import {INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {AvailabilityProof} from "../../../contracts/types/Availability.sol";
import {EnclaveBinding, KEY_GUARDIAN, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {GrantHash, NodeId} from "../../../contracts/types/Ids.sol";
import {JobRequest} from "../../../contracts/types/JobParams.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {AttackKit} from "../helpers/AttackKit.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Against what is signed: the same signature in another form, another place, another time.
contract SignatureAttacksTest is AttackKit {
    uint256 private constant THIRD_KEY = 0xc003;

    // Another form: high s, and the 64 bytes of EIP-2098

    function test_Attack_MalleatedGrant() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, OWNER_KEY);
        expectUnsigned(terms);
        grants.grantBySig(terms, malleate(signed));
        expectUnsigned(terms);
        grants.grantBySig(terms, compact(signed));
        grants.grantBySig(terms, signed);
    }

    function test_Attack_MalleatedRevocation() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = giveGrant(terms);
        bytes memory signed = signRevocation(grantHash, OWNER_KEY);
        expectUnsigned(terms);
        grants.revokeBySig(OWNER, grantHash, malleate(signed));
        expectUnsigned(terms);
        grants.revokeBySig(OWNER, grantHash, compact(signed));
        grants.revokeBySig(OWNER, grantHash, signed);
    }

    function test_Attack_MalleatedRevokeAll() public {
        bytes memory signed = signRevokeAll(OWNER, 0, OWNER_KEY);
        vm.expectPartialRevert(IGrantRegistry.GrantEpochSignatureInvalid.selector);
        grants.revokeAllBySig(OWNER, 0, malleate(signed));
        vm.expectPartialRevert(IGrantRegistry.GrantEpochSignatureInvalid.selector);
        grants.revokeAllBySig(OWNER, 0, compact(signed));
        grants.revokeAllBySig(OWNER, 0, signed);
    }

    function test_Attack_MalleatedResult() public {
        Posted memory job = claimedJob();
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        bytes memory signed = settlement.signature;
        settlement.signature = malleate(signed);
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        market.settleJob(settlement);
        settlement.signature = compact(signed);
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        market.settleJob(settlement);
        settlement.signature = signed;
        market.settleJob(settlement);
    }

    function test_Attack_MalleatedFailure() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 1);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        market.failJob(job.id, job.params, receipt, malleate(signed));
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        market.failJob(job.id, job.params, receipt, compact(signed));
        market.failJob(job.id, job.params, receipt, signed);
    }

    /// One receipt with two signatures is one receipt: nobody is slashed for it.
    function test_Attack_MalleatedReceiptAsEquivocation() public {
        Posted memory job = claimedJob();
        Receipt memory receipt = makeReceipt(job, 1, 0);
        bytes memory signed = signature(WORKER_KEY, market.receiptDigest(receipt));
        vm.expectPartialRevert(IJobMarket.EquivocationUnproved.selector);
        market.slashEquivocation(receipt, signed, receipt, malleate(signed));
        // Nor does a malleated one count among two.
        Receipt memory other = makeReceipt(job, 1, 1);
        bytes memory otherSigned = signature(WORKER_KEY, market.receiptDigest(other));
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        market.slashEquivocation(receipt, malleate(signed), other, otherSigned);
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        market.slashEquivocation(receipt, signed, other, compact(otherSigned));
        eq(nodes.nodeOf(nodeId).stake, STAKE);
    }

    function test_Attack_MalleatedBinding() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, SECOND_KEY, KEY_WORKER);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory signed = signature(SECOND_KEY, nodes.bindingDigest(binding));
        vm.startPrank(OPERATOR);
        vm.expectPartialRevert(INodeRegistry.BindingSignatureInvalid.selector);
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, malleate(signed));
        vm.expectPartialRevert(INodeRegistry.BindingSignatureInvalid.selector);
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, compact(signed));
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, signed);
        vm.stopPrank();
    }

    function test_Attack_MalleatedAvailability() public {
        (Settlement memory settlement, AvailabilityProof[] memory proofs) = largeResult();
        bytes memory signed = proofs[1].signature;
        proofs[1].signature = malleate(signed);
        vm.expectPartialRevert(IJobMarket.AvailabilitySignerInvalid.selector);
        market.settleAvailable(alone(settlement), proofs);
        proofs[1].signature = compact(signed);
        vm.expectPartialRevert(IJobMarket.AvailabilitySignerInvalid.selector);
        market.settleAvailable(alone(settlement), proofs);
        proofs[1].signature = signed;
        market.settleAvailable(alone(settlement), proofs);
        yes(market.jobOf(settlement.jobId).status == JobStatus.Settled);
    }

    // Another place

    function test_Attack_ReplayAcrossChains() public {
        Posted memory job = claimedJob();
        Terms memory terms = makeTerms();
        GrantHash grantHash = grants.hashTerms(terms);
        bytes memory signedRevocation = signRevocation(grantHash, OWNER_KEY);
        bytes memory signedRevokeAll = signRevokeAll(OWNER, 0, OWNER_KEY);
        terms.salt = "new";
        bytes memory signedTerms = signTerms(terms, OWNER_KEY);
        Settlement memory settlement = makeSettlement(job, makeReceipt(job, 1, 0), WORKER_KEY);
        Receipt memory failure = makeReceipt(job, 1, 1);
        bytes memory signedFailure = signature(WORKER_KEY, market.receiptDigest(failure));
        EnclaveBinding memory binding = makeBinding(OPERATOR, SECOND_KEY, KEY_WORKER);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory signedBinding = signature(SECOND_KEY, nodes.bindingDigest(binding));

        // The same contracts at the same addresses with the same state: a fork.
        vm.chainId(1337);
        vm.expectPartialRevert(IGrantRegistry.GrantSignatureInvalid.selector);
        grants.grantBySig(terms, signedTerms);
        vm.expectPartialRevert(IGrantRegistry.GrantSignatureInvalid.selector);
        grants.revokeBySig(OWNER, grantHash, signedRevocation);
        vm.expectPartialRevert(IGrantRegistry.GrantEpochSignatureInvalid.selector);
        grants.revokeAllBySig(OWNER, 0, signedRevokeAll);
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        market.settleJob(settlement);
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        market.failJob(job.id, job.params, failure, signedFailure);
        // Two receipts are signed by a key that is nobody's there.
        vm.expectRevert();
        market.slashEquivocation(settlement.receipt, settlement.signature, failure, signedFailure);
        vm.expectPartialRevert(INodeRegistry.BindingChainMismatch.selector);
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, signedBinding);
        binding.chainId = 1337;
        vm.expectPartialRevert(INodeRegistry.BindingSignatureInvalid.selector);
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, signedBinding);
    }

    function test_Attack_ReplayAcrossRegistries() public {
        Terms memory terms = makeTerms();
        GrantHash grantHash = grants.hashTerms(terms);
        bytes memory signedTerms = signTerms(terms, OWNER_KEY);
        bytes memory signedRevocation = signRevocation(grantHash, OWNER_KEY);
        bytes memory signedRevokeAll = signRevokeAll(OWNER, 0, OWNER_KEY);
        IGrantRegistry other =
            IGrantRegistry(make("access", "GrantRegistry", abi.encode(datasets, address(market))));
        vm.expectPartialRevert(IGrantRegistry.GrantSignatureInvalid.selector);
        other.grantBySig(terms, signedTerms);
        vm.expectPartialRevert(IGrantRegistry.GrantSignatureInvalid.selector);
        other.revokeBySig(OWNER, grantHash, signedRevocation);
        vm.expectPartialRevert(IGrantRegistry.GrantEpochSignatureInvalid.selector);
        other.revokeAllBySig(OWNER, 0, signedRevokeAll);
    }

    /// Receipts of another market over the same nodes neither settle nor slash.
    function test_Attack_ReplayAcrossMarkets() public {
        Posted memory job = claimedJob();
        IJobMarket other = IJobMarket(make("compute", "JobMarket", abi.encode(grants, nodes, authority, raceUnit())));
        Receipt memory receipt = makeReceipt(job, 1, 0);
        Receipt memory failure = makeReceipt(job, 1, 1);
        bytes memory signed = signature(WORKER_KEY, other.receiptDigest(receipt));
        bytes memory signedFailure = signature(WORKER_KEY, other.receiptDigest(failure));
        Settlement memory settlement = makeSettlement(job, receipt, WORKER_KEY);
        settlement.signature = signed;
        vm.expectPartialRevert(IJobMarket.ReceiptSignatureInvalid.selector);
        market.settleJob(settlement);
        vm.expectRevert();
        market.slashEquivocation(receipt, signed, failure, signedFailure);
        // And that market is not the nodes' market.
        vm.expectPartialRevert(INodeRegistry.NodeCallerNotMarket.selector);
        other.slashEquivocation(receipt, signed, failure, signedFailure);
        eq(nodes.nodeOf(nodeId).stake, STAKE);
    }

    // Another time

    function test_Attack_ReplayAfterRevokeAll() public {
        Terms memory terms = makeTerms();
        bytes memory signedTerms = signTerms(terms, OWNER_KEY);
        bytes memory signedRevokeAll = signRevokeAll(OWNER, 0, OWNER_KEY);
        grants.revokeAllBySig(OWNER, 0, signedRevokeAll);
        expectError(terms, IGrantRegistry.GrantOwnerEpochStale.selector, abi.encode(0, 1));
        grants.grantBySig(terms, signedTerms);
        // Grants of the new epoch are not ended by the old message.
        terms.ownerEpoch = 1;
        grants.grantBySig(terms, signTerms(terms, OWNER_KEY));
        vm.expectRevert(abi.encodeWithSelector(IGrantRegistry.GrantEpochNotCurrent.selector, OWNER, 0, 1));
        vm.prank(ATTACKER);
        grants.revokeAllBySig(OWNER, 0, signedRevokeAll);
        JobRequest memory request = makeRequest(one(terms));
        vm.prank(REQUESTER);
        market.submitJob(request, one(terms));
    }

    /// A grant's signature is spent with the grant: its uses do not begin again.
    function test_Attack_ReplayAGrantForFreshUses() public {
        Terms memory terms = makeTerms();
        terms.maxUses = 1;
        bytes memory signed = signTerms(terms, OWNER_KEY);
        grants.grantBySig(terms, signed);
        submit(makeRequest(one(terms)), one(terms));
        grants.grantBySig(terms, signed);
        eq(grants.grantOf(OWNER, grants.hashTerms(terms)).uses, 1);
        revoke(grants.hashTerms(terms));
        expectError(terms, IGrantRegistry.GrantAlreadyRevoked.selector, "");
        grants.grantBySig(terms, signed);
    }

    /// A key that was destroyed does not come back by the binding that brought it.
    function test_Attack_ReplayABinding() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, SECOND_KEY, KEY_WORKER);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory signed = signature(SECOND_KEY, nodes.bindingDigest(binding));
        vm.startPrank(OPERATOR);
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, signed);
        nodes.destroyEnclaveKey(binding.signer);
        vm.expectPartialRevert(INodeRegistry.EnclaveKeyAlreadyExists.selector);
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, signed);
        vm.stopPrank();
        // Nor for another operator.
        NodeId other = registerNode(ATTACKER, 1, uint96(STAKE));
        vm.expectPartialRevert(INodeRegistry.BindingOperatorMismatch.selector);
        vm.prank(ATTACKER);
        nodes.addEnclaveKey(other, binding, evidence, verifier, signed);
    }

    function alone(Settlement memory settlement) private pure returns (Settlement[] memory list) {
        list = new Settlement[](1);
        list[0] = settlement;
    }

    function largeResult() private returns (Settlement memory settlement, AvailabilityProof[] memory proofs) {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        request.maxOutputBytes = 8000;
        Posted memory job = submit(request, one(terms));
        claim(job);
        Receipt memory receipt = makeReceipt(job, 1, 0);
        receipt.outputBytes = 5000;
        settlement = makeSettlement(job, receipt, WORKER_KEY);
        settlement.ciphertext = "";
        NodeId first = registerNode(SECOND_OPERATOR, 2, uint96(STAKE));
        addKey(first, SECOND_OPERATOR, SECOND_KEY, KEY_GUARDIAN);
        NodeId second = registerNode(STRANGER, 2, uint96(STAKE));
        addKey(second, STRANGER, THIRD_KEY, KEY_GUARDIAN);
        bytes32 digest = market.availabilityDigest(alone(settlement));
        proofs = new AvailabilityProof[](2);
        proofs[0] = AvailabilityProof(vm.addr(SECOND_KEY), signature(SECOND_KEY, digest));
        proofs[1] = AvailabilityProof(vm.addr(THIRD_KEY), signature(THIRD_KEY, digest));
    }
}
