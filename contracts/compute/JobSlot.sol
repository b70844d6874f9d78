// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Job} from "../interfaces/IJobMarket.sol";

/// @dev A job's first slot is written as one word (JobStorage draws it): field by field it is read and masked once for each.
library JobSlot {
    function storeHead(Job storage self, Job memory job) internal {
        uint256 head = uint256(uint160(job.signer)) | (uint256(job.status) << 160) | (uint256(job.attempt) << 168)
            | (uint256(job.tainted ? 1 : 0) << 176) | (uint256(job.raceBlock) << 184) | (uint256(job.dueBy) << 216)
            | (uint256(job.claimDelay) << 248);
        assembly ("memory-safe") {
            sstore(self.slot, head)
        }
    }

    function store(Job storage self, Job memory job) internal {
        storeHead(self, job);
        self.commitment = job.commitment;
    }
}
