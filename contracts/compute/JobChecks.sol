// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket} from "../interfaces/IJobMarket.sol";
import {JobId, NodeId} from "../types/Ids.sol";
import {JobOffer, JobOrder, JobRequest} from "../types/JobParams.sol";
import {NodePolicy, NodePolicyLib} from "../types/NodePolicy.sol";
import {Receipt, ReceiptLib} from "../types/Receipt.sol";
import {Terms, TermsLib} from "../types/Terms.sol";
import {TermsWord} from "../types/TermsWord.sol";

/// @dev What JobMarket asks of requests and receipts that needs none of its storage.
library JobChecks {
    using NodePolicyLib for NodePolicy;
    using TermsLib for Terms;

    uint256 internal constant MAX_INPUTS = 64;

    /// @dev Of a result within the transaction.
    uint256 internal constant MAX_CIPHERTEXT = 4096;

    /// @dev Shorter than a node's unbonding.
    uint256 internal constant MAX_DURATION = 7 days;

    function requireSubmittable(JobId jobId, JobRequest calldata request, Terms[] calldata terms) internal view {
        JobOffer calldata offer = request.offer;
        uint256 latest = uint256(offer.claimBy) + offer.runSeconds;
        bool possible =
            offer.claimBy > block.timestamp && offer.runSeconds != 0 && latest <= block.timestamp + MAX_DURATION;
        if (!possible) revert IJobMarket.JobWindowInvalid(jobId, offer.claimBy, offer.runSeconds, block.timestamp);
        if (request.maxOutputBytes == 0) revert IJobMarket.JobOutputMissing(jobId);
        uint256 count = terms.length;
        if (count == 0 || count > MAX_INPUTS) revert IJobMarket.JobInputCountInvalid(jobId, count, MAX_INPUTS);

        address token = request.token;
        NodePolicy memory policy = offer.nodePolicy;
        bool named = offer.namedNode != NodeId.wrap(0);
        bytes32 highest = 0;
        for (uint256 i = 0; i < count; ++i) {
            Terms calldata term = terms[i];
            if (term.word(TermsWord.TOKEN) != uint160(token)) {
                revert IJobMarket.JobTokenMismatched(jobId, i, term.token, token);
            }
            if (latest >= term.word(TermsWord.EXPIRES_AT)) {
                revert IJobMarket.JobOutlivesGrant(jobId, i, latest, term.expiresAt);
            }
            if (!policy.isWithin(term.nodePolicy)) revert IJobMarket.JobPolicyTooWide(jobId, i);
            if (named && !term.nodePolicy.requesterMayNameNode) revert IJobMarket.JobNodeNotNameable(jobId, i);
            bytes32 id = bytes32(term.word(TermsWord.DATASET_ID));
            // Free where ids ascend; else looks back, at most 63 times.
            if (id > highest) highest = id;
            else _requireNew(jobId, terms, i);
        }
    }

    function _requireNew(JobId jobId, Terms[] calldata terms, uint256 i) private pure {
        for (uint256 j = 0; j < i; ++j) {
            if (terms[j].datasetId == terms[i].datasetId) revert IJobMarket.JobInputDuplicate(jobId, i);
        }
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

    /// @dev A result that guardians hold, of any size within what was asked for.
    function requireAbsent(
        JobId jobId,
        JobOrder calldata order,
        Receipt calldata receipt,
        bytes calldata ciphertext
    ) internal pure {
        if (receipt.code != 0) revert IJobMarket.ReceiptCodeInvalid(jobId, receipt.code);
        if (ciphertext.length != 0 || receipt.outputBytes > order.maxOutputBytes) {
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
