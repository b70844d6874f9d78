// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Job, TokenTerms} from "../interfaces/IJobMarket.sol";
import {JobId, NodeId} from "../types/Ids.sol";

/// @dev Inherited first, so that the jobs are slot 0, whatever else is inherited. Read by enclaves through proofs and
/// therefore part of the interface:
/// slot 0: mapping(JobId => Job)
///   + 0: signer:160 | status:8 | attempt:8 | tainted:8 | raceBlock:32 | dueBy:32 | claimDelay:8   (first in the lowest bits)
///   + 1: commitment
/// slot 1: mapping(JobId => Failures), not part of the interface, as all that follows
/// slot 2: mapping(address token => mapping(address account => uint256))
/// slot 3: mapping(address token => TokenTerms)
abstract contract JobStorage {
    /// @dev Written only where an attempt fails, so that a job that runs well does not pay for it.
    struct Failures {
        NodeId first;
        NodeId second;
        bool timedOut;
    }

    mapping(JobId jobId => Job) internal _jobs;
    mapping(JobId jobId => Failures) internal _failures;
    mapping(address token => mapping(address account => uint256)) internal _balances;
    mapping(address token => TokenTerms) internal _tokens;
}
