// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Dataset, Delegation} from "../interfaces/IDatasetRegistry.sol";
import {DatasetId} from "../types/Ids.sol";

/// @dev Inherited first, so that the datasets are slot 0, whatever else is inherited. Read by enclaves through proofs and
/// therefore part of the interface:
/// slot 0: mapping(DatasetId => Dataset)
///   + 0: owner:160 | keyEpoch:32 | version:48 | status:8    (first field in the lowest bits)
///   + 1: headHash
/// slot 1: mapping(DatasetId => mapping(writerHash => Delegation)), writerHash = keccak(abi(uint8 kind, bytes32 id))
///   + 0: segments
///   + 1: setAt:40 | until:40 | keyEpoch:32 | maxVersions:32 | usedVersions:32 | unused:80
/// slot 2: mapping(DatasetId => Offer), not part of the interface, as all that follows
abstract contract DatasetStorage {
    struct Offer {
        address to;
        uint40 offeredAt;
    }

    mapping(DatasetId datasetId => Dataset) internal _datasets;
    mapping(DatasetId datasetId => mapping(bytes32 writerHash => Delegation)) internal _delegations;
    mapping(DatasetId datasetId => Offer) internal _offers;
    mapping(DatasetId datasetId => uint256 finalAt) internal _erasures;
}
