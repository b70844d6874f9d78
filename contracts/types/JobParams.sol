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

/// @notice All that is public about a job. The chain keeps its hash; it is in the event and comes back as calldata.
/// @param salt makes the job id; one requester never uses it twice.
/// @param specHash EIP-712 digest of the JobSpec, unopened by the chain.
/// @param bundleDigest sha256 of the encrypted job bundle.
/// @param token pays fee and prices.
/// @param fee for the node's operator.
/// @param maxOutputBytes of result ciphertext; counted against each grant.
/// @param claimBy Unix seconds; last moment to claim.
/// @param deadline Unix seconds; last moment to settle.
/// @param namedNode the only node that may claim; 0 for any.
/// @param nodePolicy at least as strict as that of each grant.
struct JobParams {
    address requester;
    bytes32 salt;
    bytes32 specHash;
    bytes32 bundleDigest;
    address token;
    uint96 fee;
    uint32 maxOutputBytes;
    uint40 claimBy;
    uint40 deadline;
    NodeId namedNode;
    NodePolicy nodePolicy;
    JobInput[] inputs;
}

library JobParamsLib {
    /// @dev keccak(abi(JobParams)).
    function hash(JobParams calldata self) internal pure returns (bytes32) {
        return keccak256(abi.encode(self));
    }

    /// @dev Fee and prices. Cannot overflow: at most 65 amounts of 96 bits.
    function total(JobParams calldata self) internal pure returns (uint256 sum) {
        sum = self.fee;
        for (uint256 i = 0; i < self.inputs.length; ++i) {
            sum += self.inputs[i].price;
        }
    }

    function idOf(address market, address requester, bytes32 salt) internal view returns (JobId) {
        return JobId.wrap(keccak256(abi.encode(block.chainid, market, requester, salt)));
    }
}
