// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Job} from "../interfaces/IJobMarket.sol";
import {JobId, NodeId} from "../types/Ids.sol";

/// @dev Inherited first, so that the jobs are slot 0, whatever else is inherited. Read by enclaves through proofs and
/// therefore part of the interface:
/// slot 0: mapping(JobId => Job)
///   + 0: signer:160 | status:8 | attempt:8 | tainted:8 | deadline:40 | createdBlock:32    (first in the lowest bits)
///   + 1: paramsHash
///   + 2: receiptDigest
/// slot 1: mapping(JobId => Excluded), not part of the interface, as all that follows
/// slot 2: mapping(address token => mapping(address account => uint256))
abstract contract JobStorage {
    /// @dev Written only where an attempt fails, so that a job that runs well does not pay for it.
    struct Excluded {
        NodeId first;
        NodeId second;
    }

    mapping(JobId jobId => Job) internal _jobs;
    mapping(JobId jobId => Excluded) internal _excluded;
    mapping(address token => mapping(address account => uint256)) internal _balances;
}
