// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DatasetStatus, IDatasetRegistry} from "../interfaces/IDatasetRegistry.sol";
import {DatasetId} from "../types/Ids.sol";

/// @dev {IDatasetRegistry-ownershipOf}, asked once for each grant of a job. The registry is ours and immutable, so its answer is
/// taken as three clean words.
library DatasetOwnership {
    function ownershipOf(IDatasetRegistry datasets, DatasetId datasetId)
        internal
        view
        returns (address owner, uint32 keyEpoch, DatasetStatus status)
    {
        bytes4 selector = IDatasetRegistry.ownershipOf.selector;
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mstore(0x00, selector)
            mstore(0x04, datasetId)
            if iszero(staticcall(gas(), datasets, 0x00, 0x24, answer, 0x60)) {
                returndatacopy(answer, 0, returndatasize())
                revert(answer, returndatasize())
            }
            owner := mload(answer)
            keyEpoch := mload(add(answer, 0x20))
            status := mload(add(answer, 0x40))
        }
    }
}
