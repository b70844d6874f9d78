// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {DatasetId, JobId, NodeId} from "../types/Ids.sol";
import {JobOffer, JobOrder, JobRequest} from "../types/JobParams.sol";
import {NodePolicy, NodePolicyLib} from "../types/NodePolicy.sol";
import {Receipt, ReceiptLib} from "../types/Receipt.sol";
import {Terms} from "../types/Terms.sol";

/// @dev What JobMarket asks of requests and receipts that needs none of its storage.
library JobChecks {
    using NodePolicyLib for NodePolicy;

    uint256 internal constant MAX_INPUTS = 64;

    /// @dev Of a result within the transaction.
    uint256 internal constant MAX_CIPHERTEXT = 4096;

    /// @dev Shorter than a node's unbonding.
    uint256 internal constant MAX_DURATION = 7 days;

    function requireSubmittable(JobId jobId, JobRequest calldata request, uint256 count) internal view {
        JobOffer calldata offer = request.offer;
        bool possible = offer.claimBy > block.timestamp && offer.runSeconds != 0
            && uint256(offer.claimBy) + offer.runSeconds <= block.timestamp + MAX_DURATION;
        if (!possible) revert IJobMarket.JobWindowInvalid(jobId, offer.claimBy, offer.runSeconds, block.timestamp);
        if (request.maxOutputBytes == 0) revert IJobMarket.JobOutputMissing(jobId);
        if (count == 0 || count > MAX_INPUTS) revert IJobMarket.JobInputCountInvalid(jobId, count, MAX_INPUTS);
    }

    /// @dev What GrantRegistry cannot know when it consumes the grant.
    function requireInput(JobId jobId, JobRequest calldata request, uint256 i, Terms calldata terms) internal pure {
        if (request.token != terms.token) revert IJobMarket.JobTokenMismatched(jobId, i, terms.token, request.token);
        JobOffer calldata offer = request.offer;
        uint256 latest = uint256(offer.claimBy) + offer.runSeconds;
        if (latest >= terms.expiresAt) revert IJobMarket.JobOutlivesGrant(jobId, i, latest, terms.expiresAt);
        if (!offer.nodePolicy.isWithin(terms.nodePolicy)) revert IJobMarket.JobPolicyTooWide(jobId, i);
        if (offer.namedNode != NodeId.wrap(0) && !terms.nodePolicy.requesterMayNameNode) {
            revert IJobMarket.JobNodeNotNameable(jobId, i);
        }
    }

    /// @dev Free where ids ascend; else looks back, at most 63 times.
    /// @return the highest id so far.
    function requireNew(JobId jobId, Terms[] calldata terms, uint256 i, bytes32 highest)
        internal
        pure
        returns (bytes32)
    {
        DatasetId datasetId = terms[i].datasetId;
        if (DatasetId.unwrap(datasetId) > highest) return DatasetId.unwrap(datasetId);
        for (uint256 j = 0; j < i; ++j) {
            if (terms[j].datasetId == datasetId) revert IJobMarket.JobInputDuplicate(jobId, i);
        }
        return highest;
    }

    function requireReceipt(JobId jobId, bytes32 specHash, uint8 attempt, Receipt calldata receipt) internal pure {
        if (receipt.jobId != jobId) revert IJobMarket.ReceiptJobMismatched(jobId, receipt.jobId);
        if (receipt.jobSpecHash != specHash) {
            revert IJobMarket.ReceiptSpecMismatched(jobId, receipt.jobSpecHash, specHash);
        }
        if (receipt.attempt != attempt) {
            revert IJobMarket.ReceiptAttemptMismatched(jobId, receipt.attempt, attempt);
        }
    }

    /// @dev A result within the transaction.
    function requireOutput(
        JobId jobId,
        JobOrder calldata order,
        Receipt calldata receipt,
        bytes calldata ciphertext
    ) internal pure {
        if (receipt.code != 0) revert IJobMarket.ReceiptCodeInvalid(jobId, receipt.code);
        uint256 max = order.maxOutputBytes < MAX_CIPHERTEXT ? order.maxOutputBytes : MAX_CIPHERTEXT;
        if (ciphertext.length != receipt.outputBytes || ciphertext.length > max) {
            revert IJobMarket.ReceiptOutputInvalid(jobId, ciphertext.length, receipt.outputBytes, max);
        }
        bytes32 digest = sha256(ciphertext);
        if (digest != receipt.ciphertextDigest) {
            revert IJobMarket.ReceiptCiphertextMismatched(jobId, digest, receipt.ciphertextDigest);
        }
    }

    /// @dev A result that guardians hold: too large for a transaction, and within what was asked for.
    function requireAbsent(
        JobId jobId,
        JobOrder calldata order,
        Receipt calldata receipt,
        bytes calldata ciphertext
    ) internal pure {
        if (receipt.code != 0) revert IJobMarket.ReceiptCodeInvalid(jobId, receipt.code);
        bool fits = ciphertext.length == 0 && receipt.outputBytes > MAX_CIPHERTEXT
            && receipt.outputBytes <= order.maxOutputBytes;
        if (!fits) {
            revert IJobMarket.ReceiptOutputInvalid(
                jobId, ciphertext.length, receipt.outputBytes, order.maxOutputBytes
            );
        }
    }

    function requireFailure(JobId jobId, Receipt calldata receipt) internal pure {
        if (receipt.code == 0 || receipt.code >= ReceiptLib.CODES) {
            revert IJobMarket.ReceiptCodeInvalid(jobId, receipt.code);
        }
        if (receipt.outputBytes != 0) revert IJobMarket.ReceiptOutputInvalid(jobId, 0, receipt.outputBytes, 0);
    }
}
