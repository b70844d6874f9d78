// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IGrantRegistry} from "../interfaces/IGrantRegistry.sol";
import {IJobMarket, Job, JobStatus} from "../interfaces/IJobMarket.sol";
import {ClaimOutcome, EnclaveKeyStatus, INodeRegistry, KeyState} from "../interfaces/INodeRegistry.sol";
import {KEY_WORKER} from "../types/EnclaveBinding.sol";
import {GrantHash, JobId, NodeId} from "../types/Ids.sol";
import {JobInput, JobParams, JobParamsLib} from "../types/JobParams.sol";
import {NodePolicy, NodePolicyLib} from "../types/NodePolicy.sol";
import {Reason} from "../types/Reason.sol";
import {CodeClass, Receipt, ReceiptLib} from "../types/Receipt.sol";
import {Terms} from "../types/Terms.sol";
import {ExactTransfer} from "./ExactTransfer.sol";
import {JobChecks} from "./JobChecks.sol";
import {JobStorage} from "./JobStorage.sol";

/// @title JobMarket
/// @dev Storage is drawn in JobStorage. Who ends a job does so by params, whose hash is stored: nothing else of them is.
contract JobMarket is JobStorage, IJobMarket, EIP712, ReentrancyGuardTransient {
    using JobParamsLib for JobParams;
    using NodePolicyLib for NodePolicy;
    using ReceiptLib for Receipt;
    using SafeERC20 for IERC20;

    uint8 private constant MAX_ATTEMPTS = 3;

    IGrantRegistry public immutable GRANTS;
    INodeRegistry public immutable NODES;

    constructor(IGrantRegistry grants, INodeRegistry nodes) EIP712("Persona JobMarket", "1") {
        GRANTS = grants;
        NODES = nodes;
    }

    /// @inheritdoc IJobMarket
    function submitJob(JobParams calldata params, Terms[] calldata terms)
        external
        nonReentrant
        returns (JobId jobId)
    {
        return _submit(params, terms);
    }

    /// @inheritdoc IJobMarket
    function submitJobWithSignatures(
        JobParams calldata params,
        Terms[] calldata terms,
        bytes[] calldata ownerSignatures
    ) external nonReentrant returns (JobId jobId) {
        if (ownerSignatures.length != terms.length) {
            revert JobTermsCountMismatched(
                jobIdOf(params.requester, params.salt), ownerSignatures.length, terms.length
            );
        }
        for (uint256 i = 0; i < terms.length; ++i) {
            if (ownerSignatures[i].length != 0) GRANTS.grantBySig(terms[i], ownerSignatures[i]);
        }
        return _submit(params, terms);
    }

    /// @inheritdoc IJobMarket
    function claimJob(JobParams calldata params, address signer) external {
        (JobId jobId, Job storage job) = _requireJob(params);
        if (job.status != JobStatus.Open) revert JobNotOpen(jobId, job.status);
        EnclaveKeyStatus memory key = NODES.keyStatusOf(signer);
        JobChecks.requireClaimable(jobId, params, signer, key);
        uint8 attempt = job.attempt;
        if (attempt > 1) _requireNotExcluded(jobId, key.nodeId);

        job.status = JobStatus.Claimed;
        job.signer = signer;

        emit JobClaimed(jobId, key.nodeId, signer, attempt);
    }

    /// @inheritdoc IJobMarket
    function settleJob(
        JobParams calldata params,
        Receipt calldata receipt,
        bytes calldata signature,
        bytes calldata ciphertext
    ) external nonReentrant {
        (JobId jobId, Job storage job) = _requireJob(params);
        if (job.status != JobStatus.Claimed) revert JobNotClaimed(jobId, job.status);
        if (block.timestamp > params.deadline) {
            revert JobDeadlinePassed(jobId, params.deadline, block.timestamp);
        }
        JobChecks.requireReceipt(jobId, params, job.attempt, receipt);
        JobChecks.requireOutput(jobId, params, receipt, ciphertext);
        bytes32 digest = receiptDigest(receipt);
        _requireSigned(jobId, job.signer, digest, signature);

        CodeClass class = ReceiptLib.classOf(receipt.code);
        if (class == CodeClass.Success) {
            _settle(jobId, job, params, receipt, digest, signature, ciphertext);
        } else if (class == CodeClass.ProvedBeforeRelease || class == CodeClass.ProvedAfterRelease) {
            _fail(job, params, receipt, signature, class);
        } else if (job.attempt < MAX_ATTEMPTS) {
            _reopen(job, receipt, class);
        } else {
            _fail(job, params, receipt, signature, class);
        }
    }

    /// @inheritdoc IJobMarket
    function timeOutJob(JobParams calldata params) external nonReentrant {
        (JobId jobId, Job storage job) = _requireJob(params);
        if (job.status != JobStatus.Claimed) revert JobNotClaimed(jobId, job.status);
        if (block.timestamp <= params.deadline) {
            revert JobDeadlineAhead(jobId, params.deadline, block.timestamp);
        }

        job.status = JobStatus.TimedOut;
        address signer = job.signer;
        (NodeId nodeId,) = NODES.recordOutcome(signer, ClaimOutcome.TimedOut);
        _payOwners(params);
        _credit(params.token, params.requester, params.fee);

        emit JobTimedOut(jobId, nodeId, signer);
    }

    /// @inheritdoc IJobMarket
    function cancelJob(JobParams calldata params) external nonReentrant {
        (JobId jobId, Job storage job) = _requireJob(params);
        if (msg.sender != params.requester) revert JobCallerNotRequester(jobId, msg.sender, params.requester);
        if (job.status != JobStatus.Open) revert JobNotOpen(jobId, job.status);
        if (block.timestamp <= params.claimBy) {
            revert JobClaimWindowOpen(jobId, params.claimBy, block.timestamp);
        }

        job.status = JobStatus.Cancelled;
        bool usesReturned = !job.tainted;
        if (usesReturned) _giveBack(params);
        else _payOwners(params);
        _credit(params.token, params.requester, params.fee);

        emit JobCancelled(jobId, params.requester, usesReturned);
    }

    /// @inheritdoc IJobMarket
    function withdraw(address token) external nonReentrant returns (uint256 amount) {
        amount = _balances[token][msg.sender];
        if (amount == 0) revert BalanceEmpty(token, msg.sender);

        _balances[token][msg.sender] = 0;
        emit Withdrawn(token, msg.sender, amount);

        IERC20(token).safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IJobMarket
    function releasable(JobParams calldata params, uint256 inputIndex, address signer)
        external
        view
        returns (bool ok, Reason reason)
    {
        reason = _releaseReason(params, inputIndex, signer);
        ok = reason == Reason.None;
    }

    /// @inheritdoc IJobMarket
    function jobOf(JobId jobId) external view returns (Job memory) {
        return _jobs[jobId];
    }

    /// @inheritdoc IJobMarket
    function receiptOf(JobId jobId) external view returns (bytes32) {
        return _jobs[jobId].receiptDigest;
    }

    /// @inheritdoc IJobMarket
    function excludedNodesOf(JobId jobId) external view returns (NodeId first, NodeId second) {
        Excluded storage excluded = _excluded[jobId];
        return (excluded.first, excluded.second);
    }

    /// @inheritdoc IJobMarket
    function jobIdOf(address requester, bytes32 salt) public view returns (JobId) {
        return JobParamsLib.idOf(address(this), requester, salt);
    }

    /// @inheritdoc IJobMarket
    function hashParams(JobParams calldata params) external pure returns (bytes32) {
        return params.hash();
    }

    /// @inheritdoc IJobMarket
    function receiptDigest(Receipt calldata receipt) public view returns (bytes32) {
        return _hashTypedDataV4(receipt.hashStruct());
    }

    /// @inheritdoc IJobMarket
    function balanceOf(address token, address account) external view returns (uint256) {
        return _balances[token][account];
    }

    function _submit(JobParams calldata params, Terms[] calldata terms) private returns (JobId jobId) {
        jobId = jobIdOf(params.requester, params.salt);
        JobChecks.requireSubmittable(jobId, params, terms);
        Job storage job = _jobs[jobId];
        if (job.status != JobStatus.None) revert JobAlreadyExists(jobId);

        job.status = JobStatus.Open;
        job.attempt = 1;
        job.deadline = params.deadline;
        job.createdBlock = uint32(block.number);
        job.paramsHash = params.hash();
        GrantHash[] memory grantHashes = GRANTS.consume(terms, params.requester, params.maxOutputBytes);
        for (uint256 i = 0; i < grantHashes.length; ++i) {
            GrantHash named = params.inputs[i].grantHash;
            if (named != grantHashes[i]) revert JobInputMismatched(jobId, i, named, grantHashes[i]);
        }
        emit JobSubmitted(jobId, params.requester, params);

        ExactTransfer.pull(IERC20(params.token), params.requester, params.total());
    }

    function _settle(
        JobId jobId,
        Job storage job,
        JobParams calldata params,
        Receipt calldata receipt,
        bytes32 digest,
        bytes calldata signature,
        bytes calldata ciphertext
    ) private {
        address signer = job.signer;
        (NodeId nodeId, address operator) = NODES.recordOutcome(signer, ClaimOutcome.Settled);
        job.status = JobStatus.Settled;
        job.receiptDigest = digest;
        _payOwners(params);
        _credit(params.token, operator, params.fee);
        emit JobSettled(jobId, nodeId, signer, receipt, signature, ciphertext);
    }

    function _fail(
        Job storage job,
        JobParams calldata params,
        Receipt calldata receipt,
        bytes calldata signature,
        CodeClass class
    ) private {
        bool proved = class == CodeClass.ProvedBeforeRelease || class == CodeClass.ProvedAfterRelease;
        (NodeId nodeId, address operator) = NODES.recordOutcome(
            job.signer, proved ? ClaimOutcome.ProvedFailure : ClaimOutcome.UnprovedFailure
        );
        bool tainted = job.tainted || class == CodeClass.ProvedAfterRelease || class == CodeClass.UnprovedAfterRelease;
        job.status = JobStatus.Failed;
        job.tainted = tainted;
        job.receiptDigest = receiptDigest(receipt);
        if (tainted) _payOwners(params);
        else _giveBack(params);
        _credit(params.token, proved ? operator : params.requester, params.fee);
        emit JobFailed(receipt.jobId, nodeId, job.signer, receipt.code, !tainted, receipt, signature);
    }

    function _reopen(Job storage job, Receipt calldata receipt, CodeClass class) private {
        address signer = job.signer;
        (NodeId nodeId,) = NODES.recordOutcome(signer, ClaimOutcome.UnprovedFailure);
        bool tainted = job.tainted || class == CodeClass.UnprovedAfterRelease;
        uint8 attempt = job.attempt + 1;
        Excluded storage excluded = _excluded[receipt.jobId];
        if (excluded.first == NodeId.wrap(0)) excluded.first = nodeId;
        else excluded.second = nodeId;
        job.signer = address(0);
        job.status = JobStatus.Open;
        job.attempt = attempt;
        job.tainted = tainted;
        emit JobReopened(receipt.jobId, nodeId, signer, receipt.code, attempt, tainted);
    }

    function _payOwners(JobParams calldata params) private {
        for (uint256 i = 0; i < params.inputs.length; ++i) {
            JobInput calldata input = params.inputs[i];
            _credit(params.token, input.owner, input.price);
        }
    }

    /// @dev Uses to the grants, prices to the requester.
    function _giveBack(JobParams calldata params) private {
        uint256 prices = 0;
        for (uint256 i = 0; i < params.inputs.length; ++i) {
            GRANTS.giveBack(params.inputs[i].grantHash, params.maxOutputBytes);
            prices += params.inputs[i].price;
        }
        _credit(params.token, params.requester, prices);
    }

    function _credit(address token, address account, uint256 amount) private {
        if (amount != 0) _balances[token][account] += amount;
    }

    function _requireJob(JobParams calldata params) private view returns (JobId jobId, Job storage job) {
        jobId = jobIdOf(params.requester, params.salt);
        job = _jobs[jobId];
        bytes32 got = params.hash();
        if (got != job.paramsHash) revert JobParamsMismatched(jobId, got, job.paramsHash);
    }

    function _requireNotExcluded(JobId jobId, NodeId nodeId) private view {
        Excluded storage excluded = _excluded[jobId];
        if (nodeId == excluded.first || nodeId == excluded.second) revert ClaimNodeExcluded(jobId, nodeId);
    }

    function _requireSigned(JobId jobId, address signer, bytes32 digest, bytes calldata signature) private pure {
        (address recovered, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (problem != ECDSA.RecoverError.NoError || recovered != signer) {
            revert ReceiptSignatureInvalid(jobId, signer);
        }
    }

    /// @dev Checks in the order of {Reason}.
    function _releaseReason(JobParams calldata params, uint256 inputIndex, address signer)
        private
        view
        returns (Reason)
    {
        EnclaveKeyStatus memory key = NODES.keyStatusOf(signer);
        if (key.keyClass != KEY_WORKER) return Reason.NodeKeyUnknown;
        if (block.timestamp >= key.openUntil) return Reason.NodeKeyExpired;
        if (key.state != KeyState.Active && key.state != KeyState.Draining) return Reason.NodeKeyInactive;
        if (key.banned) return Reason.MeasurementBanned;

        Job storage job = _jobs[jobIdOf(params.requester, params.salt)];
        if (job.status == JobStatus.None) return Reason.JobUnknown;
        if (job.paramsHash != params.hash()) return Reason.JobParamsMismatch;
        if (job.status != JobStatus.Claimed) return Reason.JobNotClaimed;
        if (job.signer != signer) return Reason.JobClaimedByOther;
        if (block.timestamp > job.deadline) return Reason.JobDeadlinePassed;
        if (inputIndex >= params.inputs.length) return Reason.InputUnknown;

        JobInput calldata input = params.inputs[inputIndex];
        Reason reason =
            GRANTS.checkRelease(input.grantHash, input.owner, input.datasetId, key.measurementEpoch);
        if (reason != Reason.None) return reason;
        if (!params.nodePolicy.admits(key.verifierKind, key.vendor, key.stake)) return Reason.NodePolicyMismatch;
        return Reason.None;
    }
}
