// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetId, GrantHash, JobId, NodeId} from "./Ids.sol";
import {NodePolicy} from "./NodePolicy.sol";

/// @notice One dataset that a job reads, and the grant that allows it.
/// @param price what the grant's owner gets for this job, in the job's token.
struct JobInput {
    DatasetId datasetId;
    GrantHash grantHash;
    address owner;
    uint96 price;
}

/// @notice What is run, and what it pays.
/// @param specHash EIP-712 digest of the JobSpec, unopened by the chain.
/// @param bundleDigest sha256 of the encrypted job bundle.
/// @param token pays fee and prices.
/// @param fee for the node's operator.
/// @param protocolFee burned where the node is paid; set by the market, from fee and prices, when the job is posted.
/// @param maxOutputBytes of result ciphertext; counted against each grant.
struct JobOrder {
    address requester;
    bytes32 specHash;
    bytes32 bundleDigest;
    address token;
    uint96 fee;
    uint96 protocolFee;
    uint32 maxOutputBytes;
    JobInput[] inputs;
}

/// @notice Who may run it, and when.
/// @param claimBy Unix seconds; last moment to claim.
/// @param runSeconds from the claim to its deadline.
/// @param namedNode the only node that may claim; 0 for any.
/// @param nodePolicy at least as strict as that of each grant.
struct JobOffer {
    uint40 claimBy;
    uint32 runSeconds;
    NodeId namedNode;
    NodePolicy nodePolicy;
}

/// @notice All that is public about a job. The chain keeps its hash; it is in the event and comes back as calldata, whole or
/// one half with the other's hash: a claim does not pay for the order, nor a receipt for the offer.
struct JobParams {
    JobOrder order;
    JobOffer offer;
}

/// @notice What a requester sends: the job without what the market fills in.
/// @param salt makes the job id; one requester never uses it twice.
struct JobRequest {
    bytes32 salt;
    bytes32 specHash;
    bytes32 bundleDigest;
    address token;
    uint96 fee;
    uint32 maxOutputBytes;
    JobOffer offer;
}

library JobParamsLib {
    uint256 private constant OFFER_BYTES = 7 * 32;
    uint256 private constant ORDER_HEAD_BYTES = 8 * 32;
    uint256 private constant INPUT_BYTES = 4 * 32;

    /// @dev keccak(abi(bytes32 orderHash, bytes32 offerHash)).
    function join(bytes32 orderHash, bytes32 offerHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(orderHash, offerHash));
    }

    function hash(JobParams calldata self) internal pure returns (bytes32) {
        return join(hash(self.order), hash(self.offer));
    }

    /// @dev keccak(abi(JobOffer)), of words copied as they are; the market reads each of them when the job is posted.
    function hash(JobOffer calldata self) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, self, OFFER_BYTES)
            result := keccak256(free, OFFER_BYTES)
        }
    }

    /// @dev keccak(abi(JobOrder)), of words copied as they are. The market hashed clean ones when the job was posted, so a
    /// dirty word gives a hash that no job has.
    function hash(JobOrder calldata self) internal pure returns (bytes32 result) {
        JobInput[] calldata inputs = self.inputs;
        assembly ("memory-safe") {
            let free := mload(0x40)
            let tail := mul(inputs.length, INPUT_BYTES)
            mstore(free, 0x20)
            calldatacopy(add(free, 0x20), self, ORDER_HEAD_BYTES)
            mstore(add(free, ORDER_HEAD_BYTES), ORDER_HEAD_BYTES) // where abi.encode puts the inputs
            mstore(add(free, add(ORDER_HEAD_BYTES, 0x20)), inputs.length)
            calldatacopy(add(free, add(ORDER_HEAD_BYTES, 0x40)), inputs.offset, tail)
            result := keccak256(free, add(add(ORDER_HEAD_BYTES, 0x40), tail))
        }
    }

    function idOf(address market, address requester, bytes32 salt) internal view returns (JobId) {
        return JobId.wrap(keccak256(abi.encode(block.chainid, market, requester, salt)));
    }
}
