// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnclaveKeyStatus, KeyState} from "../interfaces/INodeRegistry.sol";
import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {KEY_WORKER} from "../types/EnclaveBinding.sol";
import {DatasetId, JobId, NodeId} from "../types/Ids.sol";
import {JobInput, JobParams} from "../types/JobParams.sol";
import {NodePolicy, NodePolicyLib} from "../types/NodePolicy.sol";
import {Receipt, ReceiptLib} from "../types/Receipt.sol";
import {Terms} from "../types/Terms.sol";

/// @dev What JobMarket asks of parameters, claims and receipts that needs none of its storage.
library JobChecks {
    using NodePolicyLib for NodePolicy;

    uint256 internal constant MAX_INPUTS = 64;

    /// @dev Inline results only, for now.
    uint256 internal constant MAX_CIPHERTEXT = 4096;

    /// @dev Shorter than a node's unbonding.
    uint256 internal constant MAX_DURATION = 7 days;

    function requireSubmittable(JobId jobId, JobParams calldata params, Terms[] calldata terms) internal view {
        if (msg.sender != params.requester) {
            revert IJobMarket.JobCallerNotRequester(jobId, msg.sender, params.requester);
        }
        if (
            params.claimBy <= block.timestamp || params.deadline <= params.claimBy
                || params.deadline > block.timestamp + MAX_DURATION
        ) revert IJobMarket.JobWindowInvalid(jobId, params.claimBy, params.deadline, block.timestamp);
        if (params.maxOutputBytes == 0) revert IJobMarket.JobOutputMissing(jobId);
        uint256 count = params.inputs.length;
        if (count == 0 || count > MAX_INPUTS) revert IJobMarket.JobInputCountInvalid(jobId, count, MAX_INPUTS);
        if (terms.length != count) revert IJobMarket.JobTermsCountMismatched(jobId, terms.length, count);

        bytes32 highest = 0;
        for (uint256 i = 0; i < count; ++i) {
            requireInput(jobId, params, i, terms[i]);
            highest = _requireNew(jobId, params.inputs, i, highest);
        }
    }

    /// @dev All but the hash, which GrantRegistry returns when it consumes the grant.
    function requireInput(JobId jobId, JobParams calldata params, uint256 i, Terms calldata terms) internal pure {
        JobInput calldata input = params.inputs[i];
        if (input.owner != terms.owner) revert IJobMarket.JobOwnerMismatched(jobId, i, input.owner, terms.owner);
        if (input.price != terms.price) revert IJobMarket.JobPriceMismatched(jobId, i, input.price, terms.price);
        if (params.token != terms.token) revert IJobMarket.JobTokenMismatched(jobId, i, terms.token, params.token);
        if (input.datasetId != terms.datasetId) {
            revert IJobMarket.JobDatasetMismatched(jobId, i, input.datasetId, terms.datasetId);
        }
        if (params.deadline >= terms.expiresAt) {
            revert IJobMarket.JobOutlivesGrant(jobId, i, params.deadline, terms.expiresAt);
        }
        if (!params.nodePolicy.isWithin(terms.nodePolicy)) revert IJobMarket.JobPolicyTooWide(jobId, i);
        if (params.namedNode != NodeId.wrap(0) && !terms.nodePolicy.requesterMayNameNode) {
            revert IJobMarket.JobNodeNotNameable(jobId, i);
        }
    }

    function requireClaimable(JobId jobId, JobParams calldata params, address signer, EnclaveKeyStatus memory key)
        internal
        view
    {
        if (block.timestamp > params.claimBy) {
            revert IJobMarket.ClaimTooLate(jobId, params.claimBy, block.timestamp);
        }
        if (key.keyClass != KEY_WORKER) revert IJobMarket.ClaimKeyNotWorker(jobId, signer);
        if (msg.sender != key.operator) {
            revert IJobMarket.ClaimCallerNotOperator(jobId, msg.sender, key.operator);
        }
        if (block.timestamp >= key.openUntil) revert IJobMarket.ClaimKeyExpired(jobId, signer, key.openUntil);
        if (key.state != KeyState.Active) revert IJobMarket.ClaimKeyNotActive(jobId, signer, key.state);
        if (key.banned) revert IJobMarket.ClaimMeasurementBanned(jobId, key.measurement);
        if (!params.nodePolicy.admits(key.verifierKind, key.vendor, key.stake)) {
            revert IJobMarket.ClaimPolicyMismatched(jobId, key.nodeId);
        }
        if (params.namedNode != NodeId.wrap(0) && params.namedNode != key.nodeId) {
            revert IJobMarket.ClaimNodeNotNamed(jobId, key.nodeId, params.namedNode);
        }
    }

    function requireReceipt(JobId jobId, JobParams calldata params, uint8 attempt, Receipt calldata receipt)
        internal
        pure
    {
        if (receipt.jobId != jobId) revert IJobMarket.ReceiptJobMismatched(jobId, receipt.jobId);
        if (receipt.jobSpecHash != params.specHash) {
            revert IJobMarket.ReceiptSpecMismatched(jobId, receipt.jobSpecHash, params.specHash);
        }
        if (receipt.attempt != attempt) {
            revert IJobMarket.ReceiptAttemptMismatched(jobId, receipt.attempt, attempt);
        }
        if (receipt.code >= ReceiptLib.CODES) revert IJobMarket.ReceiptCodeUnknown(jobId, receipt.code);
    }

    function requireOutput(
        JobId jobId,
        JobParams calldata params,
        Receipt calldata receipt,
        bytes calldata ciphertext
    ) internal pure {
        uint256 max = 0;
        if (receipt.code == 0) {
            max = params.maxOutputBytes < MAX_CIPHERTEXT ? params.maxOutputBytes : MAX_CIPHERTEXT;
        }
        if (ciphertext.length != receipt.outputBytes || ciphertext.length > max) {
            revert IJobMarket.ReceiptOutputInvalid(jobId, ciphertext.length, receipt.outputBytes, max);
        }
        if (receipt.code == 0) {
            bytes32 digest = sha256(ciphertext);
            if (digest != receipt.ciphertextDigest) {
                revert IJobMarket.ReceiptCiphertextMismatched(jobId, digest, receipt.ciphertextDigest);
            }
        }
    }

    /// @dev Free where ids ascend; else looks back, at most 63 times.
    /// @return the highest id so far.
    function _requireNew(JobId jobId, JobInput[] calldata inputs, uint256 i, bytes32 highest)
        private
        pure
        returns (bytes32)
    {
        DatasetId datasetId = inputs[i].datasetId;
        if (DatasetId.unwrap(datasetId) > highest) return DatasetId.unwrap(datasetId);
        for (uint256 j = 0; j < i; ++j) {
            if (inputs[j].datasetId == datasetId) revert IJobMarket.JobInputDuplicate(jobId, i);
        }
        return highest;
    }
}
