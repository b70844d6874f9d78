// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IGrantRegistry} from "../interfaces/IGrantRegistry.sol";
import {IJobMarket, Job, JobStatus, TokenTerms} from "../interfaces/IJobMarket.sol";
import {EnclaveKeyStatus, INodeRegistry, KeyState} from "../interfaces/INodeRegistry.sol";
import {KEY_WORKER} from "../types/EnclaveBinding.sol";
import {GrantHash, JobId, NodeId} from "../types/Ids.sol";
import {JobInput, JobOrder, JobParams, JobParamsLib, JobRequest} from "../types/JobParams.sol";
import {NodePolicy, NodePolicyLib} from "../types/NodePolicy.sol";
import {Reason} from "../types/Reason.sol";
import {GRANT_COMPUTE, GRANT_READ, Terms} from "../types/Terms.sol";
import {ExactTransfer} from "./ExactTransfer.sol";
import {GrantConsumption} from "./GrantConsumption.sol";
import {JobChecks} from "./JobChecks.sol";
import {JobClaims} from "./JobClaims.sol";
import {JobReceipts} from "./JobReceipts.sol";
import {JobSlot} from "./JobSlot.sol";
import {OrderBuffer, OrderBufferLib} from "./OrderBuffer.sol";

/// @title JobMarket
/// @dev Storage is drawn in JobStorage; JobEscrow, JobClaims and JobReceipts are its parts. A job's parameters come back as
/// calldata: nothing but their hash is stored.
contract JobMarket is JobReceipts {
    using JobParamsLib for JobOrder;
    using JobSlot for Job;
    using JobParamsLib for JobParams;
    using NodePolicyLib for NodePolicy;
    using OrderBufferLib for OrderBuffer;

    uint256 private constant BPS = 10_000;

    /// @inheritdoc IJobMarket
    uint256 public constant READ_WINDOW = 1 days;

    /// @param raceUnit blocks; 0 on dev chains only.
    constructor(IGrantRegistry grants, INodeRegistry nodes, address authority, uint256 raceUnit)
        AccessManaged(authority)
        JobClaims(nodes, raceUnit)
        JobReceipts(grants)
        EIP712("Persona JobMarket", "1")
    {}

    /// @inheritdoc IJobMarket
    function submitJob(JobRequest calldata request, Terms[] calldata terms)
        external
        nonReentrant
        returns (JobId jobId)
    {
        return _submit(request, terms);
    }

    /// @inheritdoc IJobMarket
    function submitJobWithSignatures(
        JobRequest calldata request,
        Terms[] calldata terms,
        bytes[] calldata ownerSignatures
    ) external nonReentrant returns (JobId jobId) {
        if (ownerSignatures.length != terms.length) {
            revert JobTermsCountMismatched(
                jobIdOf(msg.sender, request.salt), ownerSignatures.length, terms.length
            );
        }
        for (uint256 i = 0; i < terms.length; ++i) {
            if (ownerSignatures[i].length != 0) GRANTS.grantBySig(terms[i], ownerSignatures[i]);
        }
        return _submit(request, terms);
    }

    /// @inheritdoc IJobMarket
    function requestRead(bytes32 salt, bytes32 specHash, bytes32 bundleDigest, Terms[] calldata terms)
        external
        nonReentrant
        returns (JobId jobId)
    {
        jobId = _requireUnused(salt);
        if (terms.length != 1) revert JobInputCountInvalid(jobId, terms.length, 1);
        JobOrder memory order;
        order.requester = msg.sender;
        order.specHash = specHash;
        order.bundleDigest = bundleDigest;
        order.token = terms[0].token;
        OrderBuffer memory buffer = _consume(jobId, order, terms, GRANT_READ);

        Job memory job;
        job.status = JobStatus.Read;
        job.tainted = true;
        job.dueBy = uint32(block.timestamp + READ_WINDOW);
        job.commitment = JobParamsLib.join(buffer.hash(), 0);
        _jobs[jobId].store(job);
        _credit(order.token, terms[0].owner, terms[0].price);
        _collect(order.token, order.protocolFee);
        emit ReadRequested(jobId, msg.sender, salt, specHash, bundleDigest, order.protocolFee, terms[0]);

        ExactTransfer.pull(IERC20(order.token), msg.sender, uint256(terms[0].price) + order.protocolFee);
    }

    /// @inheritdoc IJobMarket
    function cancelJob(JobId jobId, JobParams calldata params) external {
        Job memory job = _requireParams(jobId, params.order.hash(), JobParamsLib.hash(params.offer));
        if (job.status != JobStatus.Open) revert JobNotOpen(jobId, job.status);
        address requester = params.order.requester;
        if (msg.sender != requester) revert JobCallerNotRequester(jobId, msg.sender, requester);
        if (block.timestamp <= params.offer.claimBy) {
            revert JobClaimWindowOpen(jobId, params.offer.claimBy, block.timestamp);
        }

        _jobs[jobId].status = JobStatus.Cancelled;
        _end(params.order, job.tainted, address(0));

        emit JobCancelled(jobId, requester, !job.tainted);
    }

    /// @inheritdoc IJobMarket
    function releasable(JobId jobId, JobParams calldata params, uint256 inputIndex, address signer)
        external
        view
        returns (bool ok, Reason reason)
    {
        reason = _releaseReason(jobId, params, inputIndex, signer);
        ok = reason == Reason.None;
    }

    /// @inheritdoc IJobMarket
    function readable(JobId jobId, JobOrder calldata order) external view returns (bool ok, Reason reason) {
        reason = _readReason(jobId, order);
        ok = reason == Reason.None;
    }

    /// @inheritdoc IJobMarket
    function jobOf(JobId jobId) external view returns (Job memory) {
        return _jobs[jobId];
    }

    /// @inheritdoc IJobMarket
    function receiptOf(JobId jobId) external view returns (bytes32) {
        Job storage job = _jobs[jobId];
        bool received = job.status == JobStatus.Settled || job.status == JobStatus.Failed;
        return received ? job.commitment : bytes32(0);
    }

    /// @inheritdoc IJobMarket
    function excludedNodesOf(JobId jobId) external view returns (NodeId first, NodeId second) {
        Failures storage failures = _failures[jobId];
        return (failures.first, failures.second);
    }

    /// @inheritdoc IJobMarket
    function jobIdOf(address requester, bytes32 salt) public view returns (JobId) {
        return JobParamsLib.idOf(address(this), requester, salt);
    }

    /// @inheritdoc IJobMarket
    function hashParams(JobParams calldata params) external pure returns (bytes32) {
        return params.hash();
    }

    function _submit(JobRequest calldata request, Terms[] calldata terms) private returns (JobId jobId) {
        jobId = _requireUnused(request.salt);
        JobChecks.requireSubmittable(jobId, request, terms);
        JobOrder memory order;
        order.requester = msg.sender;
        order.specHash = request.specHash;
        order.bundleDigest = request.bundleDigest;
        order.token = request.token;
        order.fee = request.fee;
        order.maxOutputBytes = request.maxOutputBytes;
        OrderBuffer memory buffer = _consume(jobId, order, terms, GRANT_COMPUTE);

        Job memory job;
        job.status = JobStatus.Open;
        job.attempt = 1;
        job.raceBlock = uint32(block.number);
        job.commitment = JobParamsLib.join(buffer.hash(), JobParamsLib.hash(request.offer));
        _jobs[jobId].store(job);
        _emitSubmitted(jobId, request, buffer);

        ExactTransfer.pull(IERC20(order.token), msg.sender, buffer.total);
    }

    function _requireUnused(bytes32 salt) private view returns (JobId jobId) {
        jobId = jobIdOf(msg.sender, salt);
        if (_jobs[jobId].status != JobStatus.None) revert JobAlreadyExists(jobId);
    }

    /// @dev {JobSubmitted}, from words that are laid out already.
    function _emitSubmitted(JobId jobId, JobRequest calldata request, OrderBuffer memory buffer) private {
        buffer.encodeParams(request.salt, request.offer);
        bytes32 topic = JobSubmitted.selector;
        (uint256 data, uint256 length) = (buffer.data, buffer.bytesUsed);
        assembly ("memory-safe") {
            log3(data, length, topic, jobId, caller())
        }
    }

    /// @dev Spends the grants, and says what each of them gets, and what is burned of it all.
    function _consume(JobId jobId, JobOrder memory order, Terms[] calldata terms, uint8 kind)
        private
        returns (OrderBuffer memory buffer)
    {
        TokenTerms storage token = _tokens[order.token];
        if (!token.allowed) revert TokenNotAllowed(order.token);
        GrantHash[] memory grantHashes =
            GrantConsumption.consume(GRANTS, terms, kind, order.requester, order.maxOutputBytes);
        buffer = OrderBufferLib.allocate(order, terms.length);
        uint256 sum = order.fee;
        for (uint256 i = 0; i < terms.length; ++i) {
            Terms calldata term = terms[i];
            uint96 price = term.price;
            buffer.setInput(i, term.datasetId, grantHashes[i], term.owner, price);
            // At most 65 amounts of 96 bits.
            unchecked {
                sum += price;
            }
        }
        uint256 protocolFee = (sum * token.protocolFeeBps) / BPS;
        buffer.total = sum + protocolFee;
        if (buffer.total > type(uint96).max) revert JobTotalTooLarge(jobId, buffer.total);
        order.protocolFee = uint96(protocolFee);
        buffer.setProtocolFee(uint96(protocolFee));
    }

    /// @dev Checks in the order of {Reason}.
    function _releaseReason(JobId jobId, JobParams calldata params, uint256 inputIndex, address signer)
        private
        view
        returns (Reason)
    {
        EnclaveKeyStatus memory key = NODES.keyStatusOf(signer);
        if (key.keyClass != KEY_WORKER) return Reason.NodeKeyUnknown;
        if (block.timestamp >= key.openUntil) return Reason.NodeKeyExpired;
        if (key.state != KeyState.Active && key.state != KeyState.Draining) return Reason.NodeKeyInactive;
        if (key.banned) return Reason.MeasurementBanned;

        Job memory job = _jobs[jobId];
        if (job.status == JobStatus.None) return Reason.JobUnknown;
        if (job.status != JobStatus.Open && job.status != JobStatus.Claimed) return Reason.JobNotClaimed;
        if (job.commitment != params.hash()) return Reason.JobParamsMismatch;
        if (job.status != JobStatus.Claimed) return Reason.JobNotClaimed;
        if (job.signer != signer) return Reason.JobClaimedByOther;
        if (block.timestamp > job.dueBy) return Reason.JobDeadlinePassed;
        if (inputIndex >= params.order.inputs.length) return Reason.InputUnknown;

        JobInput calldata input = params.order.inputs[inputIndex];
        Reason reason =
            GRANTS.checkRelease(input.grantHash, input.owner, input.datasetId, key.measurementEpoch);
        if (reason != Reason.None) return reason;
        if (!params.offer.nodePolicy.admits(key.verifierKind, key.vendor, key.stake)) {
            return Reason.NodePolicyMismatch;
        }
        return Reason.None;
    }

    /// @dev Checks in the order of {Reason}.
    function _readReason(JobId jobId, JobOrder calldata order) private view returns (Reason) {
        Job memory job = _jobs[jobId];
        if (job.status != JobStatus.Read) return Reason.JobUnknown;
        if (job.commitment != JobParamsLib.join(order.hash(), 0)) return Reason.JobParamsMismatch;
        if (block.timestamp > job.dueBy) return Reason.JobDeadlinePassed;
        JobInput calldata input = order.inputs[0];
        return GRANTS.checkRelease(input.grantHash, input.owner, input.datasetId, 0);
    }
}
