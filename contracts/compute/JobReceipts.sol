// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IGrantRegistry} from "../interfaces/IGrantRegistry.sol";
import {IJobMarket, Job, JobStatus, Settlement} from "../interfaces/IJobMarket.sol";
import {ClaimOutcome, EnclaveKeyStatus, KeyState} from "../interfaces/INodeRegistry.sol";
import {AvailabilityLib, AvailabilityProof} from "../types/Availability.sol";
import {KEY_GUARDIAN} from "../types/EnclaveBinding.sol";
import {JobId, NodeId} from "../types/Ids.sol";
import {JobInput, JobOffer, JobOrder, JobParams, JobParamsLib} from "../types/JobParams.sol";
import {Receipt, ReceiptLib} from "../types/Receipt.sol";
import {JobChecks} from "./JobChecks.sol";
import {JobClaims} from "./JobClaims.sol";
import {JobSlot} from "./JobSlot.sol";

/// @dev How claimed jobs end: by a result, by a failure, by two receipts where there must be one, by silence.
abstract contract JobReceipts is JobClaims, EIP712 {
    using JobParamsLib for JobOrder;
    using JobSlot for Job;
    using JobParamsLib for JobParams;
    using ReceiptLib for Receipt;

    uint8 internal constant MAX_ATTEMPTS = 3;

    /// @inheritdoc IJobMarket
    uint256 public constant AVAILABILITY_QUORUM = 2;

    IGrantRegistry public immutable GRANTS;

    /// @dev NODES' own, which never change.
    address private immutable STAKE_TOKEN;
    uint96 private immutable CLAIM_BOND;

    constructor(IGrantRegistry grants) {
        GRANTS = grants;
        STAKE_TOKEN = address(NODES.STAKE_TOKEN());
        CLAIM_BOND = NODES.CLAIM_BOND();
    }

    /// @inheritdoc IJobMarket
    function settleJob(Settlement calldata settlement) external {
        _settle(settlement);
    }

    /// @inheritdoc IJobMarket
    function settleMany(Settlement[] calldata settlements) external {
        if (settlements.length == 0) revert SettlementsMissing();
        for (uint256 i = 0; i < settlements.length; ++i) {
            // Anyone may bring a receipt. Who brings one of them first must not turn back all the others.
            if (!_isSettledBy(settlements[i])) _settle(settlements[i]);
        }
    }

    /// @inheritdoc IJobMarket
    function settleAvailable(Settlement[] calldata settlements, AvailabilityProof[] calldata proofs) external {
        if (settlements.length == 0) revert SettlementsMissing();
        bytes32 digest = availabilityDigest(settlements);
        address[] memory holders = _requireHolders(digest, proofs);
        for (uint256 i = 0; i < settlements.length; ++i) {
            if (!_isSettledBy(settlements[i])) _settleHeld(settlements[i], holders);
        }
    }

    /// @inheritdoc IJobMarket
    function failJob(
        JobId jobId,
        JobParams calldata params,
        Receipt calldata receipt,
        bytes calldata signature
    ) external {
        Job memory job = _requireClaimed(jobId, params.order.hash(), JobParamsLib.hash(params.offer));
        JobChecks.requireReceipt(jobId, params.order.specHash, job.attempt, receipt);
        JobChecks.requireFailure(jobId, receipt);
        bytes32 digest = receiptDigest(receipt);
        _requireSigned(jobId, job.signer, digest, signature);

        (bool proved, bool released) = ReceiptLib.meaningOf(receipt.code);
        ClaimOutcome outcome = proved ? ClaimOutcome.ProvedFailure : ClaimOutcome.UnprovedFailure;
        (NodeId nodeId, address operator) = NODES.closeClaim(job.signer, outcome, 0, address(0), 0);
        job.tainted = job.tainted || released;
        if (!proved && _mayReopen(job, params.offer)) {
            _reopen(jobId, job, nodeId, receipt.code);
        } else {
            job.commitment = digest;
            _fail(jobId, job, params.order, proved ? operator : address(0));
            emit JobFailed(jobId, nodeId, job.signer, receipt.code, !job.tainted, receipt);
        }
    }

    /// @inheritdoc IJobMarket
    function timeOutJob(JobId jobId, JobParams calldata params) external {
        Job memory job = _requireParams(jobId, params.order.hash(), JobParamsLib.hash(params.offer));
        if (job.status != JobStatus.Claimed) revert JobNotClaimed(jobId, job.status);
        if (block.timestamp <= job.dueBy) revert JobDeadlineAhead(jobId, job.dueBy, block.timestamp);

        // Two nodes that fell silent over one job: the job is to blame.
        bool quarantined = _failures[jobId].timedOut;
        bool again = !quarantined && _mayReopen(job, params.offer);
        uint96 cost = again || quarantined ? 0 : _provedCost(params.order, job.signer);
        (NodeId nodeId,) = NODES.closeClaim(
            job.signer,
            quarantined ? ClaimOutcome.TimedOutAgain : ClaimOutcome.TimedOut,
            0,
            params.order.requester,
            cost
        );

        if (again) {
            _failures[jobId].timedOut = true;
            job.tainted = true;
            _reopen(jobId, job, nodeId, 0);
        } else {
            _jobs[jobId].status = JobStatus.TimedOut;
            _jobs[jobId].tainted = true;
            _payOwners(params.order);
            _collect(params.order.token, cost);
            uint256 refund = uint256(params.order.fee) + params.order.protocolFee - cost;
            _credit(params.order.token, params.order.requester, refund);
            emit JobTimedOut(jobId, nodeId, job.signer, quarantined);
        }
    }

    /// @inheritdoc IJobMarket
    function slashEquivocation(
        Receipt calldata first,
        bytes calldata firstSignature,
        Receipt calldata second,
        bytes calldata secondSignature
    ) external {
        JobId jobId = first.jobId;
        bytes32 digest = receiptDigest(first);
        bytes32 other = receiptDigest(second);
        // An attempt that a reorganisation undid may be answered again: that is no lie.
        if (second.jobId != jobId || second.attempt != first.attempt || digest == other) revert EquivocationUnproved(jobId, digest, other);
        (address signer, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, firstSignature);
        if (problem != ECDSA.RecoverError.NoError) revert ReceiptSignatureInvalid(jobId, signer);
        _requireSigned(jobId, signer, other, secondSignature);

        NodeId nodeId = NODES.slashEquivocation(signer);
        emit EquivocationSlashed(jobId, nodeId, signer, digest, other);
    }

    /// @inheritdoc IJobMarket
    function receiptDigest(Receipt calldata receipt) public view returns (bytes32) {
        return _hashTypedDataV4(receipt.hashStruct());
    }

    /// @inheritdoc IJobMarket
    function availabilityDigest(Settlement[] calldata settlements) public view returns (bytes32) {
        bytes32[] memory results = new bytes32[](settlements.length);
        for (uint256 i = 0; i < settlements.length; ++i) {
            Receipt calldata receipt = settlements[i].receipt;
            results[i] = AvailabilityLib.hashStruct(receipt.jobId, receipt.ciphertextDigest, receipt.outputBytes);
        }
        return _hashTypedDataV4(AvailabilityLib.hashBatch(results));
    }

    /// @dev Uses to the grants, prices to the requester.
    function _giveBack(JobOrder calldata order) internal {
        uint256 prices = 0;
        for (uint256 i = 0; i < order.inputs.length; ++i) {
            JobInput calldata input = order.inputs[i];
            GRANTS.giveBack(input.owner, input.grantHash, order.maxOutputBytes);
            prices += input.price;
        }
        _credit(order.token, order.requester, prices);
    }

    /// @dev Prices as the taint says; the fee to `operator`, or back to the requester where that is zero. The protocol fee is
    /// kept where a node is paid, also by itself.
    function _end(JobOrder calldata order, bool tainted, address operator) internal {
        if (tainted) _payOwners(order);
        else _giveBack(order);
        if (operator == address(0)) {
            _credit(order.token, order.requester, uint256(order.fee) + order.protocolFee);
        } else {
            _credit(order.token, operator, order.fee);
            _collect(order.token, order.protocolFee);
        }
    }

    function _requireParams(JobId jobId, bytes32 orderHash, bytes32 offerHash)
        internal
        view
        returns (Job memory job)
    {
        job = _jobs[jobId];
        bytes32 hash = JobParamsLib.join(orderHash, offerHash);
        // Over jobs have their receipt's digest there; what they were is no question any more.
        bool over = job.status == JobStatus.Settled || job.status == JobStatus.Failed;
        if (!over && hash != job.commitment) revert JobParamsMismatched(jobId, hash, job.commitment);
    }

    function _settle(Settlement calldata settlement) private {
        JobId jobId = settlement.jobId;
        Job memory job = _requireClaimed(jobId, settlement.order.hash(), settlement.offerHash);
        JobChecks.requireReceipt(jobId, settlement.order.specHash, job.attempt, settlement.receipt);
        JobChecks.requireOutput(jobId, settlement.order, settlement.receipt, settlement.ciphertext);
        _close(settlement, job);
    }

    function _close(Settlement calldata settlement, Job memory job) private {
        JobId jobId = settlement.jobId;
        JobOrder calldata order = settlement.order;
        bytes32 digest = receiptDigest(settlement.receipt);
        _requireSigned(jobId, job.signer, digest, settlement.signature);

        job.status = JobStatus.Settled;
        job.commitment = digest;
        _jobs[jobId].store(job);
        NodeId nodeId = _payNode(order, job.signer);
        _payOwners(order);
        _collect(order.token, order.protocolFee);

        emit JobSettled(jobId, nodeId, job.signer, settlement.receipt);
    }

    function _payNode(JobOrder calldata order, address signer) private returns (NodeId nodeId) {
        address operator;
        (nodeId, operator) =
            NODES.closeClaim(signer, ClaimOutcome.Settled, _burnedUnits(order), order.requester, 0);
        _credit(order.token, operator, order.fee);
    }

    function _fail(JobId jobId, Job memory job, JobOrder calldata order, address operator) private {
        job.status = JobStatus.Failed;
        _jobs[jobId].store(job);
        _end(order, job.tainted, operator);
    }

    function _reopen(JobId jobId, Job memory job, NodeId nodeId, uint16 code) private {
        Failures storage failures = _failures[jobId];
        if (failures.first == NodeId.wrap(0)) failures.first = nodeId;
        else failures.second = nodeId;
        uint8 attempt = job.attempt + 1;
        emit JobReopened(jobId, nodeId, job.signer, code, attempt, job.tainted);
        job.signer = address(0);
        job.status = JobStatus.Open;
        job.attempt = attempt;
        job.raceBlock = uint32(block.number);
        job.dueBy = 0;
        job.claimDelay = 0;
        _jobs[jobId].storeHead(job);
    }

    /// @dev Where the requester has named the node there is no other.
    function _mayReopen(Job memory job, JobOffer calldata offer) private view returns (bool) {
        return
            job.attempt < MAX_ATTEMPTS && block.timestamp < offer.claimBy && offer.namedNode == NodeId.wrap(0);
    }

    /// @dev What a requester has lost beyond doubt when a node falls silent: the fee that is burned. The prices may have gone
    /// to itself, and paying those would be a way to farm bonds. Known only in the bond's own token; what neither bond nor
    /// stake can pay is not burned.
    function _provedCost(JobOrder calldata order, address signer) private view returns (uint96 cost) {
        if (order.token != STAKE_TOKEN) return 0;
        uint256 held = Math.min(NODES.keyStatusOf(signer).stake, CLAIM_BOND);
        cost = uint96(Math.min(order.protocolFee, held));
    }

    function _requireClaimed(JobId jobId, bytes32 orderHash, bytes32 offerHash)
        private
        view
        returns (Job memory job)
    {
        job = _requireParams(jobId, orderHash, offerHash);
        if (job.status != JobStatus.Claimed) revert JobNotClaimed(jobId, job.status);
        if (block.timestamp > job.dueBy) revert JobDeadlinePassed(jobId, job.dueBy, block.timestamp);
    }

    function _isSettledBy(Settlement calldata settlement) private view returns (bool) {
        Job storage job = _jobs[settlement.jobId];
        return job.status == JobStatus.Settled && job.commitment == receiptDigest(settlement.receipt);
    }

    function _settleHeld(Settlement calldata settlement, address[] memory holders) private {
        JobId jobId = settlement.jobId;
        Job memory job = _requireClaimed(jobId, settlement.order.hash(), settlement.offerHash);
        JobChecks.requireReceipt(jobId, settlement.order.specHash, job.attempt, settlement.receipt);
        JobChecks.requireAbsent(jobId, settlement.order, settlement.receipt, settlement.ciphertext);
        address operator = NODES.operatorOf(job.signer);
        for (uint256 i = 0; i < holders.length; ++i) {
            if (holders[i] == operator) revert AvailabilityNotApart(jobId, operator);
        }
        _close(settlement, job);
    }

    /// @dev Guardian keys of different operators, by ascending node.
    /// @return holders who runs them.
    function _requireHolders(bytes32 digest, AvailabilityProof[] calldata proofs)
        private
        view
        returns (address[] memory holders)
    {
        if (proofs.length != AVAILABILITY_QUORUM) {
            revert AvailabilityCountInvalid(proofs.length, AVAILABILITY_QUORUM);
        }
        holders = new address[](proofs.length);
        NodeId last = NodeId.wrap(0);
        address lastOperator = address(0);
        for (uint256 i = 0; i < proofs.length; ++i) {
            EnclaveKeyStatus memory key = NODES.keyStatusOf(proofs[i].signer);
            bool usable = key.keyClass == KEY_GUARDIAN && key.state == KeyState.Active && !key.banned
                && block.timestamp < key.openUntil && NodeId.unwrap(key.nodeId) > NodeId.unwrap(last)
                && key.operator != lastOperator;
            (address recovered, ECDSA.RecoverError problem,) =
                ECDSA.tryRecoverCalldata(digest, proofs[i].signature);
            if (!usable || problem != ECDSA.RecoverError.NoError || recovered != proofs[i].signer) {
                revert AvailabilitySignerInvalid(proofs[i].signer);
            }
            holders[i] = key.operator;
            last = key.nodeId;
            lastOperator = key.operator;
        }
    }

    function _requireSigned(JobId jobId, address signer, bytes32 digest, bytes calldata signature) private pure {
        (address recovered, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (problem != ECDSA.RecoverError.NoError || recovered != signer) {
            revert ReceiptSignatureInvalid(jobId, signer);
        }
    }
}
