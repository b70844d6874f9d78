// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AppId, DatasetId, GrantHash, JobId, NodeId} from "../../../contracts/types/Ids.sol";

/// @dev The operators of ids, in a contract of their own (docs/assurance.md). Each says first `==`, then `!=`.
contract IdsHarness {
    function datasets(DatasetId a, DatasetId b) external pure returns (bool, bool) {
        return (a == b, a != b);
    }

    function jobs(JobId a, JobId b) external pure returns (bool, bool) {
        return (a == b, a != b);
    }

    function grants(GrantHash a, GrantHash b) external pure returns (bool, bool) {
        return (a == b, a != b);
    }

    function apps(AppId a, AppId b) external pure returns (bool, bool) {
        return (a == b, a != b);
    }

    function nodes(NodeId a, NodeId b) external pure returns (bool, bool) {
        return (a == b, a != b);
    }
}
